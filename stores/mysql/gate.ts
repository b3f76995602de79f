// Owns the gate to a MySQL or MariaDB server: how many connections it has, and when it counts as lost.
// It knows no query of the chat.

import type { GateStatus } from '../../actors/mod.ts';
import { Gate, type Verdict } from '../gate/mod.ts';
import type { Count } from '../sql/count.ts';
import { row } from '../sql/query.ts';
import { isSqlError } from '../sql/sql-error.ts';
import { isUnwell } from './errors.ts';
import { Pool } from './pool.ts';
import { type MysqlAddress, targetOf } from './url.ts';

export interface MysqlGateOptions {
  readonly count?: Count;
  readonly onChange?: (status: GateStatus) => void;
}

/** Connections to the server. */
export const sessionsMax = 8;
/** Calls under way, those that wait for a connection included. */
export const pendingMax = 1_000;
const probeMs = 400;
/** Calls in a row that nothing answers: then it is the server, and not one statement. */
const expiredMax = 2;

export function mysqlGate(address: MysqlAddress, { count = () => undefined, onChange }: MysqlGateOptions): Gate<Pool> {
  return new Gate<Pool>({
    backend: 'sql',
    target: targetOf(address),
    open: () => new Pool(address, sessionsMax, count),
    close: (pool) => pool.close(),
    probe: (pool, call) => pool.use(call, (session) => session.drive(row('SELECT 1 AS one'))),
    probeMs,
    judge,
    pendingMax,
    expiredMax,
    count: (metric, labels) => count(metric, labels, 1),
    ...(onChange === undefined ? {} : { onChange }),
  });
}

/** A connection that is lost is gone from the pool already: the others are kept until several fail in a row. */
function judge(error: unknown): Verdict {
  if (isSqlError(error, 'lost')) return 'unwell';
  return isSqlError(error) && isUnwell(error) ? 'unwell' : 'answer';
}
