// Owns doctor's judgement of a Redis: what it must be, and what a crash of it or a full memory would cost.
// It asks nobody.

import { clockFinding } from './clock.ts';
import type { BackendFinding, Say } from './finding.ts';

export interface RedisFacts {
  readonly target: string;
  readonly connectMs: number;
  readonly version: string;
  readonly role: string;
  readonly policy: string;
  /** 0: as much as the machine has. */
  readonly memoryMax: number;
  readonly memoryUsed: number;
  readonly appendOnly: boolean;
  /** Null: not told. */
  readonly appendFsync: string | null;
  readonly save: string | null;
  readonly lastWriteFailed: boolean;
  readonly skewMs: number;
  /** Not on this machine, and without a password. */
  readonly openToOthers: boolean;
  /** cluster-require-full-coverage; null: no Cluster, or not told. */
  readonly fullCoverage: string | null;
}

const oldest = [6, 2] as const;
const fullShare = 0.9;
const mebibyte = 1_024 * 1_024;

export function redisFindings(facts: RedisFacts, say: Say): readonly BackendFinding[] {
  return [
    say.pass('connection', `${facts.target} answers in ${facts.connectMs} ms`, { value: facts.connectMs }),
    versionFinding(say, facts),
    roleFinding(say, facts),
    clockFinding(say, facts.skewMs),
    evictionFinding(say, facts),
    memoryFinding(say, facts),
    persistenceFinding(say, facts),
    accessFinding(say, facts),
    ...coverageFinding(say, facts),
  ];
}

function versionFinding(say: Say, { version }: RedisFacts): BackendFinding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const message = `${version}; needed: ${oldest.join('.')} or newer`;
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1]))
    return say.pass('version', message, { value: version });
  return say.fail('version', message, { value: version, advice: 'upgrade the server' });
}

function roleFinding(say: Say, { role }: RedisFacts): BackendFinding {
  if (role === 'master') return say.pass('role', 'it is a master', { value: role });
  const advice = 'name the master, or its Sentinels: redis-sentinel://host:port,host:port/master';
  return say.fail('role', `it is a replica (${role}) and takes no writes`, { value: role, advice });
}

function evictionFinding(say: Say, { policy, memoryMax }: RedisFacts): BackendFinding {
  if (policy === 'noeviction')
    return say.pass('eviction', 'it forgets nothing before its time (noeviction)', { value: policy });
  const when = memoryMax === 0 ? 'once maxmemory is set, ' : 'when it is full, ';
  const message = `maxmemory-policy is ${policy}: ${when}leases may be dropped, and two nodes may take one visitor`;
  return say.warn('eviction', message, { value: policy, advice: 'CONFIG SET maxmemory-policy noeviction' });
}

function memoryFinding(say: Say, { memoryMax, memoryUsed }: RedisFacts): BackendFinding {
  const used = mebibytes(memoryUsed);
  if (memoryMax === 0) return say.pass('memory', `${used} in use, no maxmemory`, { value: memoryUsed });
  const message = `${used} of ${mebibytes(memoryMax)} in use`;
  if (memoryUsed < fullShare * memoryMax) return say.pass('memory', message, { value: memoryUsed });
  return say.warn('memory', message, { value: memoryUsed, advice: 'raise maxmemory' });
}

/** What is lost here can be made again from the database, but for where visitors are and what they have not answered. */
function persistenceFinding(say: Say, facts: RedisFacts): BackendFinding {
  const { appendOnly, appendFsync, save, lastWriteFailed } = facts;
  if (lastWriteFailed) {
    const advice = 'look for a full disk; until then it may refuse writes (MISCONF)';
    return say.fail('persistence', 'its last write to the disk failed', { advice });
  }
  const cost = 'sessions and leases; conversations are in the database';
  if (appendOnly) {
    const loss = { always: 'nothing', everysec: 'about the last second of' }[appendFsync ?? ''];
    const lost = loss === 'nothing' ? 'nothing' : `${loss ?? 'the last moments of'} ${cost}`;
    return say.pass(
      'persistence',
      `append-only file, appendfsync ${appendFsync ?? 'not told'}: a crash loses ${lost}`,
      {
        value: `aof ${appendFsync ?? 'unknown'}`,
      },
    );
  }
  if (save === null || save !== '') {
    const since = save === null ? 'since its last snapshot' : `since its last snapshot (save ${save})`;
    return say.pass('persistence', `snapshots: a crash loses what changed ${since} of ${cost}`, { value: 'rdb' });
  }
  return say.warn('persistence', `none: a crash or a restart of it loses all ${cost}`, {
    value: 'none',
    advice: 'CONFIG SET appendonly yes (appendfsync everysec)',
  });
}

function accessFinding(say: Say, { openToOthers }: RedisFacts): BackendFinding {
  if (!openToOthers) return say.pass('access', 'a password, or this machine only');
  const message =
    'it is not on this machine and the address has no password: whoever reaches it reads and writes sessions';
  return say.warn('access', message, { advice: 'set requirepass or an ACL user, and put it into the address' });
}

function coverageFinding(say: Say, { fullCoverage }: RedisFacts): readonly BackendFinding[] {
  if (fullCoverage === null) return [];
  if (fullCoverage === 'no')
    return [say.pass('coverage', 'while one part has no master the others serve', { value: fullCoverage })];
  const message = 'while one part has no master, the whole Cluster refuses everything (cluster-require-full-coverage)';
  const advice = 'CONFIG SET cluster-require-full-coverage no';
  return [say.warn('coverage', message, { value: fullCoverage, advice })];
}

function mebibytes(bytes: number): string {
  return `${Math.round((bytes / mebibyte) * 10) / 10} MiB`;
}
