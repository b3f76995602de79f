// Owns the three ways to the accounts: a running node's control socket, a node in this process, or the database itself.
// Each speaks the accounts' protocol, so that a command does not know which it has; none holds a rule of its own.

import { type AccountsProtocol, accounts } from '../actors/mod.ts';
import type { ActorNode, Answer, CallName, Request, Result } from '../runtime/mod.ts';
import type { Config } from './config.ts';
import { askControl } from './control.ts';
import { dataDirOf, holdDataDir } from './data-dir.ts';
import { openDatabase } from './database.ts';
import { storeDesk } from './store-desk.ts';

export type AccountsCall = CallName<AccountsProtocol>;

export interface Desk {
  call<N extends AccountsCall>(
    name: N,
    request: Request<AccountsProtocol, N>,
  ): Promise<Result<Answer<AccountsProtocol, N>>>;
  close(): void;
}

/** The node's when one runs on the data directory; else the database, and no node can start meanwhile. */
export async function openDesk(config: Config, command: string): Promise<Desk> {
  const socket = dataDirOf(config).controlSocket;
  if ((await askControl(socket, { call: 'status', request: {} })) !== null) return controlDesk(socket);
  const directory = holdDataDir(config, command);
  const database = await openDatabase(directory);
  const desk = storeDesk(database);
  return {
    call: desk.call,
    close: () => {
      database.close();
      directory.release();
    },
  };
}

export function nodeDesk(node: ActorNode): Desk {
  return { call: (name, request) => node.call(accounts, name, request), close: () => undefined };
}

function controlDesk(socket: string): Desk {
  return {
    call: async <N extends AccountsCall>(name: N, request: Request<AccountsProtocol, N>) => {
      const answer = await askControl(socket, { call: name, request });
      const gone = { code: 'exited', message: 'the node ended meanwhile', retryable: true };
      // The node checked what it answered against the same protocol: both ends are of one version, or `undef` says so.
      return (answer ?? { ok: false, error: gone }) as Result<Answer<AccountsProtocol, N>>;
    },
    close: () => undefined,
  };
}
