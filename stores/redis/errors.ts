// Owns what an error from Redis says of it: it is well and said no, it cannot serve, or its connection is not to be trusted.
// It repeats no text of an error: Redis quotes in it what it was sent.

import { GateError, type Verdict } from '../gate/mod.ts';

/** Redis answers, and cannot do now what it is asked. Others with a kind (ERR, WRONGTYPE …) are about the request. */
const unwellKinds = new Set([
  'ASK',
  'BUSY',
  'CLUSTERDOWN',
  'LOADING',
  'MASTERDOWN',
  'MISCONF',
  'MOVED',
  'NOAUTH',
  'NOPERM',
  'NOREPLICAS',
  'OOM',
  'READONLY',
  'TRYAGAIN',
  'UNKILLABLE',
  'WRONGPASS',
]);

/** Said under the kind ERR. */
const unwellTexts = [/max number of clients reached/, /invalid password/i, /Too many Cluster redirections/];

export function judgeRedis(error: unknown): Verdict {
  if (error instanceof GateError) return 'broken';
  if (!(error instanceof Error)) return 'broken';
  if (unwellTexts.some((text) => text.test(error.message))) return 'unwell';
  if (error.name !== 'ReplyError') return 'broken';
  return unwellKinds.has(kindOf(error)) ? 'unwell' : 'answer';
}

/** In a Cluster a shard that cannot serve fails its own calls, and the client finds its next master by itself. */
export function judgeCluster(error: unknown): Verdict {
  if (error instanceof GateError) return error.code === nodeLost ? 'part' : 'broken';
  const verdict = judgeRedis(error);
  return verdict === 'unwell' ? 'part' : verdict;
}

/** What a call to one lost node of a Cluster ended with. */
export const nodeLost = 'NODELOST';

export function isReadOnly(error: unknown): boolean {
  return error instanceof Error && kindOf(error) === 'READONLY';
}

function kindOf({ message }: Error): string {
  // A script's own failure is told within it: "ERR Error running script … -OOM command not allowed …" before Redis 7.
  const inner = /-(OOM|READONLY|MISCONF|NOREPLICAS|MASTERDOWN) /.exec(message)?.[1];
  return inner ?? /^[A-Z]+/.exec(message)?.[0] ?? '';
}
