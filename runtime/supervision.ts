// Owns what a supervisor may do beyond other actors: start children, end them, and let go of them.
// It is declared here and done by process-context.ts; the contexts of other behaviours never show it by type.

import type { Pid } from './address.ts';
import type { Context } from './context.ts';
import type { OrLater } from './later.ts';
import type { Result } from './result.ts';
import type { ChildSpec } from './spec.ts';

export interface Supervision {
  /** At once when the child lives here and its init is synchronous. */
  spawnChild(spec: ChildSpec, restarts: number): OrLater<Result<Pid>>;
  /** False while the thread of its placement is being replaced: a spawn would wait for it. */
  reachable(spec: ChildSpec): boolean;
  /** Ends a child as its spec says, and resolves when it is gone. */
  endChild(pid: Pid, shutdown: ChildSpec['shutdown']): Promise<void>;
  /**
   * Called when this actor has ended, also when it was killed: to let go of what it holds. Dead and old as it may be, the
   * collector takes what it points to for alive until the next full collection, and copies it meanwhile.
   */
  atEnd(letGo: () => void): void;
}

export function supervisionOf(context: Context): Context & Supervision {
  if ('spawnChild' in context && 'endChild' in context) return context as Context & Supervision;
  throw new Error('this context cannot supervise');
}
