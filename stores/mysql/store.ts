// Owns the actor named `store` on MySQL or MariaDB: the gate to the server, and whether its tables are ready.
// It starts and lives without the server, and says `unavailable` until there is one. Calls do not wait for each other.

import type { StoreProtocol } from '../../actors/mod.ts';
import { type Answer, type Context, defineBehaviour, type From, type Request, reply } from '../../runtime/mod.ts';
import type { Gate } from '../gate/mod.ts';
import { FailedCalls } from '../sql/failed-calls.ts';
import type { StoreCall } from '../sql/queries.ts';
import { isSqlError, StoreOpenError } from '../sql/sql-error.ts';
import { ask } from './ask.ts';
import { mysqlGate } from './gate.ts';
import { isReady, migrateMysql } from './open.ts';
import type { Pool } from './pool.ts';
import { type MysqlAddress, parseMysqlUrl } from './url.ts';

export interface MysqlStoreArgs {
  /** mysql://user:password@host:port/database */
  readonly url: string;
}

const lookMsMax = 1_000;
const lookAgainMs = 250;
/** What a person has to mend is said this often. */
const complainEveryMs = 60_000;

interface MysqlStore {
  readonly address: MysqlAddress;
  readonly gate: Gate<Pool>;
  readonly failures: FailedCalls;
  tables: 'unknown' | 'ready';
  complainedAt: number;
}

export const mysqlStore = defineBehaviour<StoreProtocol, MysqlStoreArgs, MysqlStore>({
  name: 'mysqlStore',

  async init({ url }, context) {
    const address = parseMysqlUrl(url);
    const [gate, failures] = [gateTo(address, context), new FailedCalls()];
    const store: MysqlStore = { address, gate, failures, tables: 'unknown', complainedAt: Number.NEGATIVE_INFINITY };
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

function gateTo(address: MysqlAddress, context: Context): Gate<Pool> {
  return mysqlGate(address, {
    count: (metric, labels, by) => context.count(metric, labels, by),
    onChange({ state, target, lastError }) {
      context.log(state === 'up' ? 'info' : 'warn', `the database is ${state}`, { target, reason: lastError });
    },
  });
}

/** Until the tables are ready nothing is asked of them. */
async function lookAtTables(store: MysqlStore, context: Context): Promise<void> {
  const { address, gate } = store;
  const look = await gate.run((pool, call) => pool.use(call, (session) => isReady(session, address)), lookMsMax);
  if (look.ok && look.value) {
    store.tables = 'ready';
  } else if (look.ok) {
    void bringUp(store, context);
  } else {
    if (look.reason === 'answer') complain(store, look.error, context);
    context.startTimer('look', lookAgainMs);
  }
}

/** Beside the gate, which would find it slow: a migration may rewrite every row that there is. */
async function bringUp(store: MysqlStore, context: Context): Promise<void> {
  try {
    const { migration, applied } = await migrateMysql(store.address);
    store.tables = 'ready';
    context.log('info', 'the database was brought to this version', { migration, applied: applied.length });
  } catch (error) {
    complain(store, error, context);
    context.startTimer('look', lookAgainMs);
  }
}

/** What is no word of the database is a mistake of ours, and ends the actor. */
function complain(store: MysqlStore, error: unknown, context: Context): void {
  if (!(error instanceof StoreOpenError) && !isSqlError(error)) throw error;
  const now = context.monotonic();
  if (now - store.complainedAt < complainEveryMs) return;
  store.complainedAt = now;
  context.log('error', 'the database cannot be used', { reason: error.message });
}

const notReady = { code: 'unavailable', message: 'the database was not reached yet', retryable: true };

function answered<N extends StoreCall>(name: N) {
  return (
    { gate, tables, failures }: MysqlStore,
    request: Request<StoreProtocol, N>,
    context: Context,
    from: From<Answer<StoreProtocol, N>>,
  ): undefined => {
    if (tables !== 'ready') {
      failures.failed(name, notReady, context);
      context.refuse(from, notReady);
      return undefined;
    }
    // An error that is a mistake of ours ends this thread, and with it the actor.
    void ask(gate, name, request).then((result) => {
      if (result.ok) return context.reply(from, result.value);
      failures.failed(name, result.error, context);
      context.refuse(from, result.error);
    });
    return undefined;
  };
}
