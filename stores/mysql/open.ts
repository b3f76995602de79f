// Owns what every user of a MySQL or MariaDB server does with it first: a look at its tables, and bringing them up.
// A server that cannot be used as it is, is refused with a reason that a person can act on.

import type { Count } from '../sql/count.ts';
import { isCurrent, type Migrated, migrate } from '../sql/migrations.ts';
import { row } from '../sql/query.ts';
import { isSqlError, StoreOpenError } from '../sql/sql-error.ts';
import { isUnwell, sqlErrorOf, tooLate } from './errors.ts';
import { Session } from './session.ts';
import { type MysqlAddress, targetOf } from './url.ts';

/** More than the largest group of an append, each byte of it as six, and what stands around it. */
export const packetBytesMin = 8 * 1_024 * 1_024;

const connectAttemptsMax = 6;
/** For what costs a server nothing: its greeting, and a look at its settings. */
const lookMsMax = 5_000;
/** Rewriting every row of a large table takes minutes; a server that is silent for an hour says nothing more. */
const migrationMsMax = 3_600_000;

const uncounted: Count = () => undefined;

/** True when nothing has to be migrated. */
export async function isReady(session: Session, address: MysqlAddress): Promise<boolean> {
  await checkFit(session, address);
  return session.drive(isCurrent(session.dialect, placeOf(address)));
}

export interface MigrationTimes {
  readonly lookMs?: number;
  readonly migrationMs?: number;
}

/** On a connection of its own, with more time than a call has: a migration may rewrite every row that there is. */
export async function migrateMysql(
  address: MysqlAddress,
  { lookMs = lookMsMax, migrationMs = migrationMsMax }: MigrationTimes = {},
): Promise<Migrated> {
  let session: Session | null = null;
  try {
    const opened = await patientSession(address, lookMs);
    session = opened;
    await within(lookMs, opened, () => checkFit(opened, address));
    const migration = () => opened.drive(migrate(opened.dialect, placeOf(address)));
    return await within(migrationMs, opened, migration);
  } catch (error) {
    throw openError(address, error);
  } finally {
    session?.destroy();
  }
}

/** A gate gives a connection half a second; whoever migrates has more time than a message. */
async function patientSession(address: MysqlAddress, openMs: number): Promise<Session> {
  for (let attempt = 1; ; attempt++) {
    const session = new Session(address, uncounted, () => undefined);
    try {
      await within(openMs, session, () => session.open());
      return session;
    } catch (error) {
      session.destroy();
      const told = sqlErrorOf(error);
      if (attempt === connectAttemptsMax || !isSqlError(told) || told.code !== 'ETIMEDOUT') throw error;
    }
  }
}

/** When the time is over the connection is destroyed, whatever it waits for. */
async function within<T>(ms: number, session: Session, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      session.destroy();
      reject(tooLate());
    }, ms);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

export function openError(address: MysqlAddress, error: unknown): unknown {
  const told = sqlErrorOf(error);
  if (!isSqlError(told)) return error;
  const hint = isUnwell(told) ? 'it refuses to serve' : 'it cannot be reached or does not answer';
  return new StoreOpenError('unavailable', `${placeOf(address)}: ${hint} (${told.code})`, error);
}

async function checkFit(session: Session, address: MysqlAddress): Promise<void> {
  const about = session.drive(row('SELECT @@max_allowed_packet AS packet, VERSION() AS version'));
  const { packet, version } = (await about) ?? {};
  if (Number(packet) < packetBytesMin) {
    const wanted = `max_allowed_packet is ${packet}, and at least ${packetBytesMin} is needed`;
    throw new StoreOpenError('unfit', `${placeOf(address)} (${version}): ${wanted}`);
  }
}

function placeOf(address: MysqlAddress): string {
  return `the database ${address.database} on ${targetOf(address)}`;
}
