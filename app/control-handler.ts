// Owns what the running node does for the control socket: calls of the accounts' protocol, `status`, `observe`, `drain`.
// A name that is in no list is refused; nothing else of the node can be reached from here.

import { accounts } from '../actors/mod.ts';
import { type ActorNode, failure, type Result, success } from '../runtime/mod.ts';
import type { ControlHandler } from './control.ts';
import type { Observatory } from './observer/observatory.ts';
import { accountsCalls } from './store-desk.ts';

/** Never answered: whoever asked sees the socket end with the process, and so returns when the node is gone. */
const ended = new Promise<never>(() => undefined);

export interface ControlParts {
  readonly node: ActorNode;
  readonly observatory: Observatory;
  readonly drain: () => void;
}

export function controlHandler({ node, observatory, drain }: ControlParts): ControlHandler {
  return async ({ call, request }): Promise<Result<unknown>> => {
    if (call === 'status') return success({ pid: process.pid, node: node.name });
    if (call === 'observe') return observed(observatory);
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

/** With the newest sample only: a whole past would not fit into a line, and who asks keeps what he had. */
function observed(observatory: Observatory): Promise<Result<unknown>> {
  return observatory.observe(null).then(
    (observation) => success({ ...observation, samples: observation.samples.slice(-1) }),
    () => failure({ code: 'unavailable', message: 'the node cannot be observed now', retryable: true }),
  );
}
