// Owns the actor named `store` on MySQL or MariaDB: the gate to the server, and whether its tables are ready.
// It starts and lives without the server, and says `unavailable` until there is one. Calls do not wait for each other.

import type { StoreProtocol } from '../../actors/mod.ts';
import { type Answer, type Context, defineBehaviour, type From, type Request, reply } from '../../runtime/mod.ts';
import { Gate } from '../gate/mod.ts';
import { row } from '../sql/query.ts';
import type { StoreCall } from '../sql/queries.ts';
import { isSqlError, StoreOpenError } from '../sql/sql-error.ts';
import { ask, judge } from './ask.ts';
import { isReady, migrateMysql } from './open.ts';
import { Pool } from './pool.ts';
import { type MysqlAddress, mysqlAddress, targetOf } from './url.ts';

export interface MysqlStoreArgs {
  /** mysql://user:password@host:port/database */
  readonly url: string;
}

/** Connections to the server. */
export const sessionsMax = 8;
/** Calls under way, those that wait for a connection included. */
export const pendingMax = 1_000;
const probeMs = 400;
/** Silent one after the other: then it is the server, and not one statement. */
const expiredMax = 2;
const lookMsMax = 1_000;
const lookAgainMs = 1_000;
/** What a person has to mend is said this often. */
const complainEveryMs = 60_000;

interface MysqlStore {
  readonly address: MysqlAddress;
  readonly gate: Gate<Pool>;
  tables: 'unknown' | 'looking' | 'ready';
  complainedAt: number;
}

export const mysqlStore = defineBehaviour<StoreProtocol, MysqlStoreArgs, MysqlStore>({
  name: 'mysqlStore',

  async init({ url }, context) {
    const address = mysqlAddress(url);
    const gate = gateTo(address, context, () => void lookAtTables(store, context));
    const store: MysqlStore = { address, gate, tables: 'unknown', complainedAt: Number.NEGATIVE_INFINITY };
    // Who starts with a server that is there is served from the first call on.
    await lookAtTables(store, context);
    return store;
  },

  calls: {
    append: answered('append'),
    tail: answered('tail'),
    load: answered('load'),
    page: answered('page'),
    conversations: answered('conversations'),
    saveMarks: answered('saveMarks'),
    marks: answered('marks'),
    sites: answered('sites'),
    site: answered('site'),
    putSite: answered('putSite'),
    removeSite: answered('removeSite'),
    operators: answered('operators'),
    operator: answered('operator'),
    putOperator: answered('putOperator'),
    removeOperator: answered('removeOperator'),
    ping: answered('ping'),
    status: ({ gate }) => reply({ gates: [gate.status()] }),
  },
  casts: {},
  timers: {
    look: (store, context) => void lookAtTables(store, context),
  },
  terminate: ({ gate }) => gate.close(),
});

function gateTo(address: MysqlAddress, context: Context, up: () => void): Gate<Pool> {
  return new Gate<Pool>({
    backend: 'sql',
    target: targetOf(address),
    open: () => new Pool(address, sessionsMax, (metric, labels, by) => context.count(metric, labels, by)),
    close: (pool) => pool.close(),
    probe: (pool, call) => pool.use(call, (session) => session.drive(row('SELECT 1 AS one'))),
    probeMs,
    judge,
    pendingMax,
    expiredMax,
    onChange(status) {
      const { state, target, lastError } = status;
      context.log(state === 'up' ? 'info' : 'warn', `the database is ${state}`, { target, reason: lastError });
      if (state === 'up') up();
    },
    count: (metric, labels) => context.count(metric, labels),
  });
}

/** Until the tables are ready nothing is asked of them. A migration runs beside the gate, which would find it slow. */
async function lookAtTables(store: MysqlStore, context: Context): Promise<void> {
  if (store.tables !== 'unknown') return;
  store.tables = 'looking';
  const { address, gate } = store;
  const look = await gate.run((pool, call) => pool.use(call, (session) => isReady(session, address)), lookMsMax);
  try {
    if (!look.ok && look.reason === 'answer') throw look.error;
    if (look.ok && !look.value) {
      const { migration, applied } = await migrateMysql(address);
      context.log('info', 'the database was brought to this version', { migration, applied: applied.length });
    }
    store.tables = look.ok ? 'ready' : 'unknown';
  } catch (error) {
    store.tables = 'unknown';
    if (!(error instanceof StoreOpenError) && !isSqlError(error)) throw error;
    complain(store, error, context);
  }
  if (store.tables !== 'ready') context.startTimer('look', lookAgainMs);
}

function complain(store: MysqlStore, error: StoreOpenError | Error, context: Context): void {
  const now = context.monotonic();
  if (now - store.complainedAt < complainEveryMs) return;
  store.complainedAt = now;
  context.log('error', 'the database cannot be used', { reason: error.message });
}

const notReady = { code: 'unavailable', message: 'the database was not reached yet', retryable: true };

function answered<N extends StoreCall>(name: N) {
  return (
    { gate, tables }: MysqlStore,
    request: Request<StoreProtocol, N>,
    context: Context,
    from: From<Answer<StoreProtocol, N>>,
  ): undefined => {
    if (tables !== 'ready') return context.refuse(from, notReady) as undefined;
    void ask(gate, name, request).then((result) => {
      if (result.ok) return context.reply(from, result.value);
      context.count('sql_failures', { code: result.error.code });
      context.refuse(from, result.error);
    });
  };
}
