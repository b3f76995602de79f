// Owns what every user of a MySQL or MariaDB server does with it first: a look at its tables, and bringing them up.
// A server that cannot be used as it is, is refused with a reason that a person can act on.

import type { Count } from '../sql/count.ts';
import { isCurrent, type Migrated, migrate } from '../sql/migrations.ts';
import { row } from '../sql/query.ts';
import { isSqlError, StoreOpenError } from '../sql/sql-error.ts';
import { mysqlDialect } from './dialect.ts';
import { isUnwell, sqlErrorOf } from './errors.ts';
import { Session } from './session.ts';
import { type MysqlAddress, targetOf } from './url.ts';

/** More than the largest group of an append, each byte of it as six, and what stands around it. */
export const packetBytesMin = 8 * 1_024 * 1_024;

const connectAttemptsMax = 6;

const uncounted: Count = () => undefined;

/** True when nothing has to be migrated. */
export async function isReady(session: Session, address: MysqlAddress): Promise<boolean> {
  await checkFit(session, address);
  return session.drive(isCurrent(mysqlDialect(session.flavour), placeOf(address)));
}

/** On a connection of its own and without a deadline: a migration may rewrite every row that there is. */
export async function migrateMysql(address: MysqlAddress): Promise<Migrated> {
  let session: Session | null = null;
  try {
    session = await patientSession(address);
    await checkFit(session, address);
    return await session.drive(migrate(mysqlDialect(session.flavour), placeOf(address)));
  } catch (error) {
    throw openError(address, error);
  } finally {
    session?.destroy();
  }
}

/** A gate gives a connection half a second; whoever migrates has more time than a message. */
async function patientSession(address: MysqlAddress): Promise<Session> {
  for (let attempt = 1; ; attempt++) {
    const session = new Session(address, uncounted, () => undefined);
    try {
      await session.open();
      return session;
    } catch (error) {
      session.destroy();
      const told = sqlErrorOf(error);
      if (attempt === connectAttemptsMax || !isSqlError(told) || told.code !== 'ETIMEDOUT') throw error;
    }
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
