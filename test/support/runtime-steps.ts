// Owns actors that leave a trail of their starts and ends, and that fail, ignore or linger as a test says.
// It holds no assertion.

import {
  type Address,
  type ChildSpec,
  defineBehaviour,
  InitIgnored,
  type LocalNode,
  named,
  type SupervisorProtocol,
  type SupervisorSpec,
  startLocal,
  supervisorChild,
} from '../../runtime/mod.ts';
import { testBehaviours } from './runtime-behaviours.ts';

export type StepProtocol = { calls: Record<string, never>; casts: { crash: null } };

type LingererProtocol = {
  calls: { wait: { request: { readonly ms: number }; answer: null } };
  casts: Record<string, never>;
};

export const sup: Address<SupervisorProtocol> = named<SupervisorProtocol>('sup');
export const stepAt = (name: string): Address<StepProtocol> => named<StepProtocol>(name);

/** A supervisor named `sup` that is not restarted. */
export function underSup(spec: SupervisorSpec, more: Partial<ChildSpec> = {}): ChildSpec {
  return supervisorChild('sup', spec, { name: 'sup', restart: 'temporary', ...more });
}

export function step(id: string, more: Partial<ChildSpec> = {}): ChildSpec {
  return { id, behaviour: 'steps', args: { id }, name: id, ...more };
}

export interface Steps {
  readonly node: LocalNode;
  readonly trail: string[];
  readonly plan: StepsPlan;
}

export interface StepsPlan {
  readonly trail: string[];
  /** Starts of this child that still fail. */
  readonly failures: Map<string, number>;
  readonly ignores: Set<string>;
  /** Those whose init never returns. */
  readonly hangs: Set<string>;
  /** Milliseconds that its terminate takes; Infinity for ever. */
  readonly lingers: Map<string, number>;
}

export function newPlan(): StepsPlan {
  return { trail: [], failures: new Map(), ignores: new Set(), hangs: new Set(), lingers: new Map() };
}

export async function steps(tree: SupervisorSpec, plan: StepsPlan = newPlan()): Promise<Steps> {
  const { trail } = plan;
  const lingerer = defineBehaviour<LingererProtocol, null, null>({
    name: 'lingerer',
    init: () => null,
    calls: { wait: () => undefined },
    casts: {},
  });
  const behaviour = defineBehaviour<StepProtocol, { readonly id: string }, string>({
    name: 'steps',
    init: ({ id }) => {
      const left = plan.failures.get(id) ?? 0;
      plan.failures.set(id, left - 1);
      if (left > 0) throw new Error(`${id} cannot start`);
      if (plan.ignores.has(id)) throw new InitIgnored();
      if (plan.hangs.has(id)) return new Promise<string>(() => undefined);
      trail.push(`+${id}`);
      return id;
    },
    calls: {},
    casts: {
      crash: () => {
        throw new Error('crash');
      },
    },
    terminate: async (id, _reason, context) => {
      trail.push(`-${id}`);
      const ms = plan.lingers.get(id) ?? 0;
      const nobody = named<LingererProtocol>('lingerer');
      if (ms > 0) await context.call(nobody, 'wait', { ms }, { deadlineMs: ms });
    },
  });
  const lingererChild = { id: 'lingerer', behaviour: 'lingerer', args: null, name: 'lingerer' };
  const node = await startLocal({
    behaviours: [...testBehaviours, behaviour, lingerer],
    tree: { ...tree, children: [lingererChild, ...tree.children] },
  });
  return { node, trail, plan };
}
