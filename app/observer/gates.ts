// Owns the backends as they are shown: each gate's figures, those in trouble first.
// It asks no gate (health.ts does), and holds nothing that a gate does not tell.

import type { GateStatus } from '../../actors/mod.ts';
import type { ObservedGate } from '../../rpc/mod.ts';

export interface GatesSeen {
  readonly gates: readonly GateStatus[];
  /** Backends whose gates' actor did not answer. */
  readonly silent: readonly string[];
}

const order: readonly ObservedGate['state'][] = ['silent', 'down', 'up', 'untried'];

export function gatesShown({ gates, silent }: GatesSeen): readonly ObservedGate[] {
  const shown = [...silent.map(silentGate), ...gates.map(shownGate)];
  return shown.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
}

function shownGate({ generation, changedAt, ...gate }: GateStatus): ObservedGate {
  return { ...gate, restarts: Math.max(0, generation - 1), since: gate.state === 'untried' ? null : changedAt };
}

function silentGate(backend: string): ObservedGate {
  const figures = { latencyMs: { p50: 0, p99: 0 }, restarts: 0, pending: 0, calls: 0, failures: 0 };
  return { backend, target: '', state: 'silent', breaker: 'closed', ...figures, lastError: null, since: null };
}
