// Owns the small stage of the runtime's tests: a local node with named counters and recorders, and short ways to ask.
// It holds no assertion.

import {
  type ActorNode,
  type Address,
  type ChildSpec,
  type FamilySpec,
  type LocalNode,
  type LogLine,
  named,
  type Protocol,
  type SupervisorSpec,
  startLocal,
} from '../../runtime/mod.ts';
import { type CounterProtocol, type RecorderProtocol, testBehaviours } from './runtime-behaviours.ts';

export const counterAt = (name: string): Address<CounterProtocol> => named<CounterProtocol>(name);
export const recorderAt = (name: string): Address<RecorderProtocol> => named<RecorderProtocol>(name);

export function counterChild(id: string, more: Partial<ChildSpec> = {}): ChildSpec {
  return { id, behaviour: 'counter', args: {}, name: id, restart: 'temporary', ...more };
}

export function recorderChild(id: string, more: Partial<ChildSpec> = {}): ChildSpec {
  return { id, behaviour: 'recorder', args: null, name: id, restart: 'temporary', ...more };
}

export interface Stage {
  readonly node: LocalNode;
  readonly log: LogLine[];
}

export async function stage(
  children: readonly ChildSpec[],
  families: readonly FamilySpec[] = [],
  more: Partial<SupervisorSpec> = {},
): Promise<Stage> {
  const log: LogLine[] = [];
  const tree: SupervisorSpec = { strategy: 'oneForOne', intensity: 1_000, children, ...more };
  const node = await startLocal({ behaviours: testBehaviours, families, tree, log: (line) => log.push(line) });
  return { node, log };
}

/** The answer, or the code of the failure. */
export async function ask<P extends Protocol, N extends keyof P['calls'] & string>(
  node: ActorNode,
  to: Address<P>,
  name: N,
  request: P['calls'][N]['request'],
): Promise<P['calls'][N]['answer'] | string> {
  const result = await node.call(to, name, request);
  return result.ok ? result.value : result.error.code;
}

export async function serialOf(node: ActorNode, name: string): Promise<number> {
  await node.call(counterAt(name), 'read', null);
  return node.whereis(name)?.serial ?? 0;
}
