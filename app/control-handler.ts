// Owns what the running node does for the control socket: calls of the accounts' protocol, `status` and `drain`.
// A name that is in no list is refused; nothing else of the node can be reached from here.

import { accounts } from '../actors/mod.ts';
import { type ActorNode, failure, type Result, success } from '../runtime/mod.ts';
import type { ControlHandler } from './control.ts';
import { accountsCalls } from './store-desk.ts';

/** Never answered: whoever asked sees the socket end with the process, and so returns when the node is gone. */
const ended = new Promise<never>(() => undefined);

export function controlHandler(node: ActorNode, drain: () => void): ControlHandler {
  return async ({ call, request }): Promise<Result<unknown>> => {
    if (call === 'status') return success({ pid: process.pid, node: node.name });
    if (call === 'drain') {
      drain();
      return ended;
    }
    const known = accountsCalls.find((name) => name === call);
    if (known === undefined) return failure({ code: 'undef', message: `no such command: ${call}`, retryable: false });
    // The other end of this socket owns the data directory and speaks the same protocol; the actor checks the rest.
    return node.call(accounts, known, request as never);
  };
}
