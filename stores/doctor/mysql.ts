// Owns doctor's judgement of a MySQL or MariaDB server: what it must be, and what a crash of it would cost.
// It asks nobody (mysql-facts.ts does).

import { sessionsMax } from '../mysql/gate.ts';
import { packetBytesMin } from '../mysql/open.ts';
import { type MysqlAddress, parseMysqlUrl, targetOf } from '../mysql/url.ts';
import { StoreOpenError } from '../sql/sql-error.ts';
import { clockFinding } from './clock.ts';
import { type BackendFinding, type Say, sayOf } from './finding.ts';
import { type MysqlFacts, mysqlFacts } from './mysql-facts.ts';
import { dailyRights, migrationRights, missingOf, rightsOf } from './mysql-grants.ts';
import { ProbeTimeout, probe } from './probe.ts';
import { tlsFault } from './tls-fault.ts';

const oldest = { mariadb: [10, 6], mysql: [8, 0] } as const;
const names = { mariadb: 'MariaDB', mysql: 'MySQL' } as const;
const mebibyte = 1_024 * 1_024;

export async function examineMysql(url: string): Promise<readonly BackendFinding[]> {
  const address = parseMysqlUrl(url);
  try {
    return mysqlFindings(await probe((opened) => mysqlFacts(address, opened)), address);
  } catch (error) {
    return [whyNot(error, address)];
  }
}

/** The rules alone. */
export function mysqlFindings(facts: MysqlFacts, address: Pick<MysqlAddress, 'host' | 'port' | 'database'>) {
  const say = sayOf(facts.flavour);
  return [
    say.pass('connection', `${targetOf(address as MysqlAddress)} answers in ${facts.connectMs} ms`, {
      value: facts.connectMs,
    }),
    versionFinding(say, facts),
    clockFinding(say, facts.skewMs),
    zoneFinding(say, facts),
    textFinding(say, facts),
    modeFinding(say, facts),
    durabilityFinding(say, facts),
    writesFinding(say, facts),
    grantsFinding(say, facts, address.database),
    packetFinding(say, facts),
    connectionsFinding(say, facts),
    schemaFinding(say, facts),
  ];
}

function versionFinding(say: Say, { flavour, version }: MysqlFacts): BackendFinding {
  const [major = 0, minor = 0] = (/^(?:5\.5\.5-)?(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
  const [majorMin, minorMin] = oldest[flavour];
  const message = `${version}; needed: ${names[flavour]} ${majorMin}.${minorMin} or newer`;
  if (major > majorMin || (major === majorMin && minor >= minorMin))
    return say.pass('version', message, { value: version });
  return say.fail('version', message, { value: version, advice: 'upgrade the server' });
}

function zoneFinding(say: Say, { zoneSeconds }: MysqlFacts): BackendFinding {
  if (zoneSeconds === 0) return say.pass('time zone', 'connections are in UTC', { value: 0 });
  const message = `connections are ${zoneSeconds} s away from UTC although they ask for it`;
  return say.fail('time zone', message, { value: zoneSeconds, advice: 'look for a proxy that changes SET SESSION' });
}

function textFinding(say: Say, { text }: MysqlFacts): BackendFinding {
  const through =
    text.through === 'table' ? 'a table' : 'the connection; the account may make no temporary table to try more';
  if (text.same) return say.pass('text', `a four-byte emoji comes back whole through ${through}`);
  const message = `a four-byte emoji does not come back through ${through}`;
  return say.fail('text', message, { advice: 'look for a proxy that changes the character set utf8mb4' });
}

function modeFinding(say: Say, { sqlMode }: MysqlFacts): BackendFinding {
  const strict = /STRICT_(TRANS|ALL)_TABLES|TRADITIONAL/.test(sqlMode);
  if (strict) return say.pass('sql_mode', 'a value that does not fit is refused (strict)');
  const advice = 'look for a proxy that changes SET SESSION';
  return say.fail('sql_mode', 'a value that does not fit is cut without an error', { value: sqlMode, advice });
}

function durabilityFinding(say: Say, { flushAtCommit, syncBinlog }: MysqlFacts): BackendFinding {
  const values = `innodb_flush_log_at_trx_commit=${flushAtCommit}${syncBinlog === null ? '' : `, sync_binlog=${syncBinlog}`}`;
  const losses = [
    ...(flushAtCommit === 0 ? ['a crash of the server loses what was said in about the last second'] : []),
    ...(flushAtCommit === 2 ? ['a crash of its machine loses what was said in about the last second'] : []),
    ...(syncBinlog !== null && syncBinlog !== 1 ? ['after a crash its replicas may lack messages that it has'] : []),
  ];
  if (losses.length === 0)
    return say.pass('durability', `a crash loses nothing that was acknowledged (${values})`, { value: values });
  return say.warn('durability', `${losses.join('; ')} (${values})`, {
    value: values,
    advice: syncBinlog === null ? 'set it to 1' : 'set both to 1',
  });
}

function writesFinding(say: Say, { readOnly }: MysqlFacts): BackendFinding {
  if (!readOnly) return say.pass('writes', 'the server takes writes');
  const advice = 'name the primary in PARLA_DATABASE_URL, or set read_only=OFF';
  return say.fail('writes', 'the server is read-only (a replica?)', { value: 'read_only=ON', advice });
}

function grantsFinding(say: Say, { grants, standing }: MysqlFacts, database: string): BackendFinding {
  const rights = rightsOf(grants, database);
  const wanted = [...dailyRights, ...migrationRights];
  const missing = missingOf(rights, wanted);
  const advice = `GRANT ${wanted.join(', ')} ON ${database}.* TO the account of PARLA_DATABASE_URL`;
  if (missing.length > 0) {
    const roles = rights.hasRoles ? ' unless a role gives it' : '';
    const about = { value: missing.join(', '), advice };
    const message = `the account lacks ${missing.join(', ')}${roles}`;
    const daily = missingOf(rights, dailyRights).length > 0;
    if (rights.hasRoles || (!daily && standing.missing.length === 0))
      return say.warn('grants', daily ? message : `${message}: a later version may need it to migrate`, about);
    return say.fail('grants', `${message}: ${daily ? 'it cannot work' : 'it cannot migrate'}`, about);
  }
  if (!rights.overServer) return say.pass('grants', `the account may do what it must in ${database}`);
  return say.warn('grants', 'the account administrates the whole server (rights ON *.*)', { advice });
}

function packetFinding(say: Say, { packetBytes }: MysqlFacts): BackendFinding {
  const message = `max_allowed_packet is ${mebibytes(packetBytes)}; needed: ${mebibytes(packetBytesMin)}`;
  if (packetBytes >= packetBytesMin) return say.pass('packet', message, { value: packetBytes });
  const advice = `set max_allowed_packet=${mebibytes(packetBytesMin).replace(' MiB', 'M')}`;
  return say.fail('packet', message, { value: packetBytes, advice });
}

function connectionsFinding(say: Say, { connections: { max, perUserMax, used } }: MysqlFacts): BackendFinding {
  const limit = perUserMax > 0 ? Math.min(max, perUserMax) : max;
  const message = `${used} of ${max} connections are in use${perUserMax > 0 ? `, at most ${perUserMax} by one account` : ''}; a node uses up to ${sessionsMax}`;
  const name = perUserMax > 0 && perUserMax < max ? 'max_user_connections' : 'max_connections';
  const about = { value: limit, advice: `raise ${name}` };
  if (limit < sessionsMax) return say.fail('connections', message, about);
  if (max - used < sessionsMax) return say.warn('connections', message, about);
  return say.pass('connections', message, { value: limit });
}

function schemaFinding(say: Say, { standing: { isNew, missing, migration } }: MysqlFacts): BackendFinding {
  if (missing.length === 0) return say.pass('schema', `is at this version (${migration})`, { value: migration });
  if (isNew) return say.pass('schema', 'there are no tables yet: the first start makes them', { value: 'none' });
  const message = `${missing.length} migrations are to be done: ${missing.join(', ')}`;
  return say.warn('schema', message, { value: missing.length, advice: 'the next start does it, or: parla migrate' });
}

/** A node reads accounts only where the tables are this version's. */
export function isCurrentSchema(findings: readonly BackendFinding[]): boolean {
  return findings.some(({ check, status, value }) => / schema$/.test(check) && status === 'pass' && value !== 'none');
}

function whyNot(error: unknown, address: MysqlAddress): BackendFinding {
  const say = sayOf('mysql');
  const target = targetOf(address);
  const advice = 'look at PARLA_DATABASE_URL, and whether the server runs and its firewall lets this machine in';
  if (error instanceof ProbeTimeout) return say.fail('connection', `${target}: ${error.message}`, { advice });
  // Its place is ours already: nothing in it is secret.
  if (error instanceof StoreOpenError) return say.fail('schema', error.message, { value: error.code });
  const { errno, code } = numbered(error);
  const tls = tlsFault(error);
  if (tls !== null) {
    const trust = 'name the PEM file of the authority that signed it: &ca=FILE, or NODE_EXTRA_CA_CERTS';
    return say.fail(tls.aspect, `${target}: ${tls.message}`, { value: code, advice: tls.untrusted ? trust : advice });
  }
  const told = refusals[errno];
  if (told === undefined) return say.fail('connection', `${target}: ${code}`, { value: code, advice });
  return say.fail(told.aspect, `${target}: ${told.message}`, { value: errno, advice: told.advice });
}

const refusals: { readonly [errno: number]: { readonly [part in 'aspect' | 'message' | 'advice']: string } } = {
  1040: { aspect: 'connections', message: 'it has no connection left', advice: 'raise max_connections' },
  1044: {
    aspect: 'credentials',
    message: 'the password is right, and the account has no right in this database',
    advice: `GRANT ${[...dailyRights, ...migrationRights].join(', ')} ON the database of PARLA_DATABASE_URL`,
  },
  1045: {
    aspect: 'credentials',
    message: 'user or password is wrong, or this user may not come from this machine',
    advice: 'correct PARLA_DATABASE_URL, or CREATE USER for this host',
  },
  1049: {
    aspect: 'credentials',
    message: 'the password is right, and there is no such database',
    advice: 'CREATE DATABASE, or correct the name in PARLA_DATABASE_URL',
  },
  1130: {
    aspect: 'credentials',
    message: 'the server takes nobody from this machine',
    advice: 'CREATE USER for this host',
  },
  1698: {
    aspect: 'credentials',
    message: 'this user cannot log in with a password',
    advice: 'give it one with ALTER USER, or use another account',
  },
};

function numbered(error: unknown): { readonly errno: number; readonly code: string } {
  const { errno, code } = (error instanceof Error ? error : {}) as { errno?: unknown; code?: unknown };
  return {
    errno: Number(errno ?? 0),
    code: typeof code === 'string' && /^\w{2,60}$/.test(code) ? code : 'no MySQL answers there',
  };
}

function mebibytes(bytes: number): string {
  return `${Math.round((bytes / mebibyte) * 10) / 10} MiB`;
}
