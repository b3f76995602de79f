// Owns starting a real memcached for a test.
// It knows nothing of what is kept there.

import { userInfo } from 'node:os';
import { type Backend, listens, startBackend } from './server-process.ts';

export interface MemcachedOptions {
  readonly megabytes?: number;
  /** `-M`: a full server answers an error instead of forgetting the oldest. */
  readonly refusesWhenFull?: boolean;
}

export function startMemcached({ megabytes = 64, refusesWhenFull = false }: MemcachedOptions = {}): Promise<Backend> {
  return startBackend({
    name: 'memcached',
    command: ({ port }) => [
      'memcached',
      ...['-l', '127.0.0.1', '-p', String(port), '-U', '0', '-m', String(megabytes)],
      // Without a user's name it refuses to run as root.
      ...['-u', userInfo().username],
      ...(refusesWhenFull ? ['-M'] : []),
    ],
    ready: ({ port }) => listens(port),
  });
}
