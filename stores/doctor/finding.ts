// Owns what a look at a backend says: how it stands, what was measured, and what a person can do about it.
// It never carries a credential, nor the text of a backend's error: servers quote in it what they were sent.

export interface BackendFinding {
  readonly check: string;
  readonly status: 'pass' | 'warn' | 'fail';
  readonly message: string;
  /** What was measured, where it is one thing. */
  readonly value?: number | string;
  /** What to do. */
  readonly advice?: string;
}

export type About = Pick<BackendFinding, 'value' | 'advice'>;

/** The findings of one backend: each check is called after it. */
export interface Say {
  pass(aspect: string, message: string, about?: About): BackendFinding;
  warn(aspect: string, message: string, about?: About): BackendFinding;
  fail(aspect: string, message: string, about?: About): BackendFinding;
}

export function sayOf(backend: string): Say {
  const say =
    (status: BackendFinding['status']) =>
    (aspect: string, message: string, about: About = {}) => {
      return { check: `${backend} ${aspect}`, status, message, ...about };
    };
  return { pass: say('pass'), warn: say('warn'), fail: say('fail') };
}
