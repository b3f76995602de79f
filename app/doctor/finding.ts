// Owns what a check of doctor says.
// It never carries a secret's value.

export interface Finding {
  readonly check: string;
  readonly status: 'pass' | 'warn' | 'fail';
  readonly message: string;
}

export function pass(check: string, message: string): Finding {
  return { check, status: 'pass', message };
}

export function warn(check: string, message: string): Finding {
  return { check, status: 'warn', message };
}

export function fail(check: string, message: string): Finding {
  return { check, status: 'fail', message };
}
