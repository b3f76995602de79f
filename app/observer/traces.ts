// Owns the trace of one actor on somebody's wish: who is meant, for how long at most, and what is told of it.
// It never tells what a message said.

import type { Trace } from '../../rpc/mod.ts';
import { type ActorNode, failure, type Result, success } from '../../runtime/mod.ts';
import { pidGiven } from './shortened.ts';

export const traceMsMax = 10_000;
const traceMsMin = 100;
const traceMsDefault = 5_000;
const stepsMax = 500;

export interface TraceWish {
  /** As observations name it: `thread.incarnation.serial`. */
  readonly actor: string;
  readonly ms?: number;
}

export async function traceActor(node: Pick<ActorNode, 'name' | 'trace'>, wish: TraceWish): Promise<Result<Trace>> {
  const pid = pidGiven(wish.actor, node.name);
  if (pid === null) return failure({ code: 'invalid', message: 'not an actor: thread.life.serial', retryable: false });
  const asked = Number.isFinite(wish.ms) ? Number(wish.ms) : traceMsDefault;
  const ms = Math.min(traceMsMax, Math.max(traceMsMin, asked));
  const traced = await node.trace(pid, { messagesMax: stepsMax, ms });
  if (!traced.ok) return traced;
  const { behaviour, over, messages, ms: looked } = traced.value;
  return success({ pid: wish.actor, behaviour, ms: looked, over, steps: messages });
}
