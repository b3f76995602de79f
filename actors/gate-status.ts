// Owns what every gate tells of itself, as one call that all actors on gate threads answer alike.
// It measures nothing: the gates of stores/ do, and /metrics, /readyz, doctor and the observer read.

export type BackendName = 'memcached' | 'redis' | 'sql' | 'journal';

/** One backend server as its gate sees it. */
export interface GateStatus {
  readonly backend: BackendName;
  /** Host and port, or a file's name; never a credential. */
  readonly target: string;
  /** `untried` until the first answer or the first failure. */
  readonly state: 'up' | 'down' | 'untried';
  /** `open`: calls are refused at once. `halfOpen`: they still are, and a probe is under way. */
  readonly breaker: 'closed' | 'open' | 'halfOpen';
  /** Calls that wait for the backend now. */
  readonly pending: number;
  /** Clients made so far. */
  readonly generation: number;
  /** Calls so far, refused ones included. */
  readonly calls: number;
  /** Those of them that got no answer of a backend that is well. */
  readonly failures: number;
  /** Of the last answers; 0 where there were none. */
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  /** A kind or a code, never a value and never a secret. */
  readonly lastError: string | null;
  /** When `state` became what it is; milliseconds since 1970. */
  readonly changedAt: number;
}

/** The part of its protocol that every actor with gates shares. */
export type GateProtocol = {
  readonly calls: {
    readonly status: {
      readonly request: Record<string, never>;
      readonly answer: { readonly gates: readonly GateStatus[] };
    };
  };
  readonly casts: Record<never, never>;
};
