// Owns a call of the store's protocol answered by MySQL or MariaDB: how long it may take, and what its failures mean.
// A failure of the database is an answer; a mistake of ours is thrown.

import type { StoreProtocol } from '../../actors/mod.ts';
import { type Answer, failure, type Request, type Result, success } from '../../runtime/mod.ts';
import type { Gate, GateFailure } from '../gate/mod.ts';
import { failedWith, isRead, queryOf, type StoreCall } from '../sql/queries.ts';
import type { Pool } from './pool.ts';

/** A little less than callers wait, so that they get the answer: 2 s for what is written, 3 s for what is read. */
const writeMsMax = 1_900;
const readMsMax = 2_800;

const reasons: { readonly [F in Exclude<GateFailure, 'answer'>]: string } = {
  deadline: 'the database did not answer in time',
  broken: 'the connection to the database was lost',
  unwell: 'the database cannot serve',
  open: 'the database failed lately and is not asked now',
  overload: 'too many calls wait for the database',
  closed: 'the store has ended',
};

export async function ask<N extends StoreCall>(
  gate: Gate<Pool>,
  name: N,
  request: Request<StoreProtocol, N>,
): Promise<Result<Answer<StoreProtocol, N>>> {
  const result = await gate.run(
    (pool, call) => pool.use(call, (session) => session.drive(queryOf(session.dialect, name, request))),
    isRead(name) ? readMsMax : writeMsMax,
  );
  if (result.ok) return success(result.value);
  if (result.reason === 'answer') return failedWith(result.error);
  return failure({ code: 'unavailable', message: reasons[result.reason], retryable: true });
}
