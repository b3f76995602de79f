// Owns the actor named `store` on SQLite: the file's life on its gate thread, its calls answered one after the other.
// It never waits inside a call, so a transaction is never interleaved with another caller's.

import { basename } from 'node:path';
import type { StoreProtocol } from '../../actors/mod.ts';
import {
  type Answer,
  allowBlocking,
  type CallOutcome,
  type Context,
  defineBehaviour,
  InitFailed,
  type Request,
  refuse,
  reply,
} from '../../runtime/mod.ts';
import { FailedCalls } from '../sql/failed-calls.ts';
import type { StoreCall } from '../sql/queries.ts';
import { StoreOpenError } from '../sql/sql-error.ts';
import { ask } from './ask.ts';
import { Connection } from './connection.ts';
import { FileStatus } from './file-status.ts';
import { migrateSqlite, openSqlite } from './open.ts';

export interface SqlStoreArgs {
  /** A file, or `:memory:`. */
  readonly path: string;
}

/** A statement that takes longer hangs in the disk: the thread is then given up, and comes back with a new connection. */
const callBlocksMsMax = 5_000;

interface SqliteStore {
  readonly connection: Connection;
  readonly status: FileStatus;
  readonly failures: FailedCalls;
}

export const sqlStore = defineBehaviour<StoreProtocol, SqlStoreArgs, SqliteStore>({
  name: 'sqlStore',
  init: ({ path }, context) => {
    // A migration may rewrite every row that there is, and nobody is served before it has ended.
    const returned = allowBlocking(Number.POSITIVE_INFINITY);
    try {
      const connection = opened(path, context);
      return { connection, status: new FileStatus(basename(path), context.now()), failures: new FailedCalls() };
    } catch (error) {
      if (!(error instanceof StoreOpenError)) throw error;
      context.log('error', 'the database cannot be used', { reason: error.code });
      throw new InitFailed({ code: 'unavailable', message: error.message, retryable: true });
    } finally {
      returned();
    }
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
    status: ({ status }) => reply({ gates: [status.told()] }),
  },
  casts: {},
  terminate: ({ connection }) => connection.close(),
});

function answered<N extends StoreCall>(name: N) {
  return (
    { connection, status, failures }: SqliteStore,
    request: Request<StoreProtocol, N>,
    context: Context,
  ): CallOutcome<Answer<StoreProtocol, N>> => {
    const returned = allowBlocking(callBlocksMsMax);
    const before = context.monotonic();
    const result = ask(connection, name, request);
    returned();
    const failure = result.ok || !result.error.retryable ? null : result.error.code;
    status.called(failure, { now: context.now(), tookMs: context.monotonic() - before });
    if (result.ok) return reply(result.value);
    failures.failed(name, result.error, context);
    return refuse(result.error);
  };
}

/** The migrations are there already when a node starts; a store that is started by itself brings its own. */
function opened(path: string, context: Context): Connection {
  const database = openSqlite(path);
  try {
    migrateSqlite(database, path);
    return new Connection(database, (metric, labels, by) => context.count(metric, labels, by));
  } catch (error) {
    database.close();
    throw error;
  }
}
