// Owns what tests need of the machine beyond npm packages: a browser, Jabber clients, a Jabber library, servers.
// It never installs anything; what is missing is a reason to skip, or a failure where everything must be there.

import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export type Need =
  | 'chromium'
  | 'finch'
  | 'go-sendxmpp'
  | 'mcabber'
  | 'memcached'
  | 'openssl'
  | 'profanity'
  | 'redis-server'
  | 'slixmpp'
  | 'sql-server'
  | 'tmux';

export const chromiumPath = '/usr/bin/chromium';
export const pythonPath = '/usr/bin/python3';

/** For `{ skip: needs('chromium') }`: false when it is there. PARLA_TEST_ALL=1 makes its absence a failure. */
export function needs(...names: readonly Need[]): string | false {
  const missing = names.filter((name) => !isThere(name));
  if (missing.length === 0) return false;
  const reason = `needs ${missing.join(', ')}, not on this machine`;
  if (process.env.PARLA_TEST_ALL === '1') throw new Error(`${reason}, and PARLA_TEST_ALL=1 says that everything is`);
  return reason;
}

function isThere(name: Need): boolean {
  if (name === 'chromium') return isExecutable(chromiumPath);
  if (name === 'slixmpp')
    return isExecutable(pythonPath) && spawnSync(pythonPath, ['-c', 'import slixmpp']).status === 0;
  if (name === 'sql-server') return isExecutable(process.env.PARLA_TEST_MYSQLD ?? '') || isOnPath('mariadbd');
  return isOnPath(name);
}

function isOnPath(name: string): boolean {
  return searchPath().some((folder) => isExecutable(join(folder, name)));
}

/** Debian keeps mariadbd where only root's own shell looks. */
function searchPath(): readonly string[] {
  return [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
