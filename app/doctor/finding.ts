// Owns what a check of doctor says.
// It never carries a secret's value.

import type { BackendFinding } from '../../stores/mod.ts';

export type Finding = BackendFinding;

type About = Pick<Finding, 'value' | 'advice'>;

export function pass(check: string, message: string, about: About = {}): Finding {
  return { check, status: 'pass', message, ...about };
}

export function warn(check: string, message: string, about: About = {}): Finding {
  return { check, status: 'warn', message, ...about };
}

export function fail(check: string, message: string, about: About = {}): Finding {
  return { check, status: 'fail', message, ...about };
}
