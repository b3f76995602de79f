// Owns the way in which a test ends an actor: every behaviour gets one more cast, `crash`, that throws.
// It leaves everything else of the behaviour as it is.

import type { Address, AnyBehaviour, Key, LocalNode, Name, Pid } from '../../runtime/mod.ts';

interface Breakable extends AnyBehaviour {
  readonly casts: object;
  readonly terminate?: (state: object, ...rest: unknown[]) => unknown;
}

type CrashProtocol = {
  readonly calls: Record<never, never>;
  readonly casts: { readonly crash: { readonly silent: boolean } };
};

/** `silent`: no terminate runs, as when its thread is lost. */
export async function crash(node: LocalNode, to: Pid | Name | Key, { silent = true } = {}): Promise<void> {
  const address: Address<CrashProtocol> = to;
  node.cast<CrashProtocol, 'crash'>(address, 'crash', { silent });
  await node.settle();
}

export function breakable(behaviour: AnyBehaviour): AnyBehaviour {
  const { casts, terminate, ...rest } = behaviour as Breakable;
  const silenced = new WeakSet<object>();
  const breaking = {
    ...rest,
    casts: {
      ...casts,
      crash(state: object, { silent }: { readonly silent: boolean }) {
        if (silent) silenced.add(state);
        throw new Error('ended by a test');
      },
    },
    terminate: (state: object, ...more: unknown[]) => (silenced.has(state) ? undefined : terminate?.(state, ...more)),
  };
  return breaking;
}
