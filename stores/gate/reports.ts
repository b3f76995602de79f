// Owns how a gate's changes reach the node's log and its metrics.
// It says kinds and places only; how often is the gate's to decide.

import type { GateStatus } from '../../actors/mod.ts';
import type { Context } from '../../runtime/mod.ts';

export interface Reports {
  readonly onChange: (status: GateStatus) => void;
  readonly count: (metric: string, labels: { readonly [label: string]: string }) => void;
}

export function reportsTo(context: Context): Reports {
  return {
    onChange({ backend, target, state, lastError }) {
      if (state === 'up') context.log('info', `${backend} answers`, { target });
      else context.log('warn', `${backend} is not in use`, { target, error: lastError });
    },
    count: (metric, labels) => context.count(metric, labels),
  };
}
