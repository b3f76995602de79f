// Owns what may be said to a supervisor, and what it remembers of its children.
// It decides nothing: supervisor.ts and restarts.ts do.

import type { Pid } from './address.ts';
import type { Child, Children } from './children.ts';
import type { Context } from './context.ts';
import type { PidMap } from './pid-map.ts';
import type { ChildSpec, SupervisorSpec } from './spec.ts';
import type { Supervision } from './supervision.ts';

/**
 * What may be said to a running supervisor: the calls of OTP's `supervisor` module. What it cannot do it refuses with
 * `notFound`, `badSpec`, `alreadyPresent`, `alreadyStarted`, `running` or `restarting`, or with why a start failed.
 */
export type SupervisorProtocol = {
  calls: {
    /** Adds a child at the end of the list and starts it; one that fails is not kept. Null: its init ignored. */
    startChild: { request: { readonly spec: ChildSpec }; answer: Pid | null };
    /** Stops a child; its spec stays unless it is temporary. */
    terminateChild: { request: { readonly id: string }; answer: null };
    restartChild: { request: { readonly id: string }; answer: Pid | null };
    /** Forgets a child that does not run. */
    deleteChild: { request: { readonly id: string }; answer: null };
    /** The spec as it is kept; of a temporary child without its arguments, which nothing needs any more. */
    childSpec: { request: { readonly id: string }; answer: ChildSpec };
    whichChildren: { request: null; answer: readonly ChildInfo[] };
    countChildren: { request: null; answer: ChildCounts };
  };
  casts: {
    /** The supervisor's own: a start failed and is tried again. */
    tryAgain: { readonly id: string; readonly counted: boolean };
  };
};

/** One child as `whichChildren` lists it; `pid` is null while it does not run. */
export interface ChildInfo {
  readonly id: string;
  readonly pid: Pid | null;
  readonly behaviour: string;
  readonly status: Child['status'];
  readonly restarts: number;
}

/** What `countChildren` counts: specs known, children that run, and which of the specs are supervisors. */
export interface ChildCounts {
  readonly specs: number;
  readonly active: number;
  readonly supervisors: number;
  readonly workers: number;
}

export interface SupervisorState {
  readonly context: Context & Supervision;
  readonly spec: SupervisorSpec;
  readonly children: Children;
  /** Those that run: who ended is found without a search. */
  readonly running: PidMap<Child>;
  /** Monotonic; those within the period. */
  readonly restartTimes: number[];
  /** Children that wait for their backoff, with the monotonic time at which they are tried. */
  readonly retries: Map<string, number>;
}
