// Owns what makes a child spec or a supervisor spec valid; the first fault is said in words.
// It never mends a spec: a wrong one does not start.

import type { ChildSpec, SupervisorSpec } from './spec.ts';

const strategies = ['oneForOne', 'oneForAll', 'restForOne'];
const restarts = ['permanent', 'transient', 'temporary'];
const modes = ['never', 'anySignificant', 'allSignificant'];

type Mode = NonNullable<SupervisorSpec['autoShutdown']>;

/** Null when nothing is wrong. */
export function checkSpec(spec: SupervisorSpec): string | null {
  const { strategy, intensity = 1, periodMs = 1, autoShutdown = 'never', children } = spec;
  if (!strategies.includes(strategy)) return `unknown strategy ${strategy}`;
  if (!Number.isInteger(intensity) || intensity < 0) return `intensity must be a whole number from 0, not ${intensity}`;
  if (!(periodMs > 0)) return `periodMs must be more than 0, not ${periodMs}`;
  if (!modes.includes(autoShutdown)) return `unknown autoShutdown ${autoShutdown}`;
  const ids = new Set<string>();
  for (const child of children) {
    const wrong = checkChild(child, autoShutdown);
    if (wrong !== null) return wrong;
    if (ids.has(child.id)) return `two children have the id ${child.id}`;
    ids.add(child.id);
  }
  return null;
}

export function checkChild(child: ChildSpec, autoShutdown: Mode): string | null {
  if (typeof child !== 'object' || child === null) return 'a child spec is an object';
  const { id, behaviour, restart = 'permanent', shutdown = 0, significant = false, backoff } = child;
  if (typeof id !== 'string' || id === '') return 'a child needs an id';
  if (typeof behaviour !== 'string') return `child ${id} needs a behaviour`;
  if (!restarts.includes(restart)) return `child ${id}: unknown restart ${restart}`;
  if (typeof shutdown === 'number' ? !(shutdown >= 0) : shutdown !== 'brutalKill' && shutdown !== 'infinity') {
    return `child ${id}: unknown shutdown ${shutdown}`;
  }
  if (significant && autoShutdown === 'never') return `child ${id} is significant, but autoShutdown is never`;
  if (significant && restart === 'permanent') return `child ${id} is significant, but permanent`;
  if (backoff !== undefined && !(backoff.minMs > 0 && backoff.maxMs >= backoff.minMs)) {
    return `child ${id}: backoff needs 0 < minMs <= maxMs`;
  }
  return checkLimits(child);
}

function checkLimits({
  id,
  mailboxMessagesMax = 1,
  handlerDeadlineMs = 1,
  initDeadlineMs = 1,
}: ChildSpec): string | null {
  if (!(mailboxMessagesMax >= 0)) return `child ${id}: mailboxMessagesMax must be from 0, not ${mailboxMessagesMax}`;
  if (!(handlerDeadlineMs > 0)) return `child ${id}: handlerDeadlineMs must be more than 0, not ${handlerDeadlineMs}`;
  if (!(initDeadlineMs > 0)) return `child ${id}: initDeadlineMs must be more than 0, not ${initDeadlineMs}`;
  return null;
}
