// Owns what a method may know of the request that carries it.
// It is no HTTP: a method sees neither headers nor sockets.

export interface Caller {
  /** The Origin header; null where there was none. */
  readonly origin: string | null;
  /** The budget of the client's network address; worked out when it is asked for, since most requests never need it. */
  address(): string;
  /** False in a batch: a poll in it is never held. */
  readonly mayHold: boolean;
  /** Runs when the client is gone before its answer; the returned function forgets it. */
  whenGone(run: () => void): () => void;
}
