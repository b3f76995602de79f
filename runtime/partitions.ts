// Owns the partitioned supervisor, after Elixir's PartitionSupervisor: so many children of one spec, spread evenly over
// the scheduler threads, and the one that serves a key. It is data for a plain supervisor and starts nothing itself.
//
//   partitionAt('writers', 4, key) --> hash(key) % 4 --> the child named `writers.2`, wherever it lives
//
// For what many ask and one actor could not serve, and where state belongs to a slice of the keys: counters, limits,
// caches. An actor for each key is a family.

import { type Address, named } from './address.ts';
import { stableHash } from './hash.ts';
import type { Protocol } from './protocol.ts';
import { intensityDefault, periodMsDefault } from './restarts.ts';
import { type ChildSpec, type SupervisorSpec, supervisorChild } from './spec.ts';

const partitionsMax = 1_000;

/** How many children of which spec `partitionedChild` spreads over the schedulers. */
export interface PartitionsSpec {
  /** Whole number, 1 to 1,000. To change it moves keys to other partitions. */
  readonly partitions: number;
  /** Each gets its number as `partition` beside these `args`, and the name `id.number`. */
  readonly child: Omit<ChildSpec, 'id' | 'name' | 'placement' | 'args'> & {
    readonly args?: { readonly [name: string]: unknown };
  };
  /** Default oneForOne: a partition that crashes leaves the others alone. */
  readonly strategy?: SupervisorSpec['strategy'];
  readonly intensity?: number;
  readonly periodMs?: number;
}

/** A child for a supervisor that lives anywhere; throws when the number of partitions makes no sense. */
export function partitionedChild(id: string, spec: PartitionsSpec): ChildSpec {
  const { partitions, child, strategy = 'oneForOne', intensity = intensityDefault, periodMs = periodMsDefault } = spec;
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > partitionsMax) {
    throw new RangeError(`${id}: partitions must be a whole number from 1 to ${partitionsMax}, not ${partitions}`);
  }
  const children = Array.from({ length: partitions }, (_, partition): ChildSpec => {
    const name = nameOf(id, partition);
    const args = { ...child.args, partition };
    return { ...child, id: name, name, args, placement: { on: 'partition', partition } };
  });
  return supervisorChild(id, { strategy, intensity, periodMs, children });
}

/** The partition that serves this key; the same on every thread and in every run. */
export function partitionAt<P extends Protocol>(id: string, partitions: number, key: string): Address<P> {
  return named<P>(nameOf(id, stableHash(key) % partitions));
}

function nameOf(id: string, partition: number): string {
  return `${id}.${partition}`;
}
