// Owns what `/observer/data` and `/observer/trace` answer, and what the control socket says to `parla top`: a node seen live.
// It holds kinds, sizes and counts; never a text that a person wrote, never a whole session id, and no token.

/** The node now, and how its threads went since the reader's last sample. */
export interface Observation {
  readonly node: string;
  /** Wall clock of the newest sample, in ms since 1970. */
  readonly at: number;
  /** Counts observations of this node's life; the next request names it as `after`. */
  readonly sequence: number;
  /** Another life of the node has another one: what a reader kept of the former means nothing now. */
  readonly epoch: string;
  readonly threads: readonly ObservedThread[];
  /** Threads that were ended and are not gone: native code that they are in has not returned. */
  readonly threadsLingering: number;
  /** Oldest first: those that the reader has not had, at most as many as are kept. */
  readonly samples: readonly Sample[];
  /** Those in trouble first. Empty where the node has no backends. */
  readonly gates: readonly ObservedGate[];
  /** Parents before their children. */
  readonly tree: readonly Branch[];
  /** The busiest that are alive: by mailbox, then by messages a second. */
  readonly actors: readonly ObservedActor[];
  /** Newest first. */
  readonly crashes: readonly CrashReport[];
  /** Newest first. */
  readonly deadLetters: readonly DeadLetter[];
}

export interface ObservedThread {
  readonly index: number;
  /** `edge`, `scheduler 1`, `gate sql` … */
  readonly name: string;
  readonly kind: 'edge' | 'scheduler' | 'gate';
  /** False: it did not answer when it was asked. */
  readonly answers: boolean;
}

/** One backend server, or a file, as the gate before it sees it. */
export interface ObservedGate {
  readonly backend: string;
  /** Host and port, or a file's name. */
  readonly target: string;
  /** `silent`: the actor that has the gate does not answer, and nothing else of it is known. */
  readonly state: 'up' | 'down' | 'untried' | 'silent';
  readonly breaker: 'closed' | 'open' | 'halfOpen';
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  /** Clients that were thrown away for a new one. */
  readonly restarts: number;
  readonly pending: number;
  readonly calls: number;
  readonly failures: number;
  /** A kind or a code. */
  readonly lastError: string | null;
  /** Since when it is in this state; null where that is not known. */
  readonly since: number | null;
}

export interface Sample {
  readonly sequence: number;
  readonly at: number;
  readonly threads: readonly ThreadSample[];
}

/** One thread at one time. Rates are means since the sample before. */
export interface ThreadSample {
  readonly index: number;
  readonly actors: number;
  readonly messagesPerSecond: number;
  /** The longest mailbox since the sample before. */
  readonly mailboxLongest: number;
  /** The longest delay of the event loop since the sample before. */
  readonly loopDelayMs: number;
  readonly heapBytes: number;
  readonly bufferBytes: number;
  /** 1 is one core. */
  readonly cpuShare: number;
  /** Since the node started, over all lives of the thread: actors that crashed, and times that it was replaced. */
  readonly crashes: number;
  readonly restarts: number;
  readonly deadLetters: number;
  readonly dropped: number;
}

/** One place in the supervision tree: a supervisor, its child, or a family with its members. */
export interface Branch {
  /** Unique in the tree and the same in the next observation. */
  readonly id: string;
  /** Null for the root, and for families: they belong to the node itself. */
  readonly parent: string | null;
  readonly kind: 'supervisor' | 'worker' | 'family';
  readonly label: string;
  readonly behaviour: string;
  readonly status: 'running' | 'restarting' | 'stopped';
  /** Null for a family, which lives on several threads. */
  readonly thread: number | null;
  /** Null for a family, and for a child that does not run. */
  readonly pid: string | null;
  readonly restarts: number;
  readonly mailbox: number;
  readonly messagesPerSecond: number;
  /** Empty except for a family: how many members each thread holds, and how many keys failed there lately. */
  readonly members: readonly { readonly thread: number; readonly count: number; readonly troubled: number }[];
  /** Children that are not listed because there are too many. */
  readonly hidden: number;
}

export interface ObservedActor {
  /** `thread.incarnation.serial` */
  readonly pid: string;
  readonly thread: number;
  readonly behaviour: string;
  /** Null for who belongs to no family. */
  readonly family: string | null;
  /** A name, or a family with a shortened key. */
  readonly label: string;
  readonly status: string;
  readonly mailbox: number;
  readonly mailboxMax: number;
  readonly messages: number;
  readonly messagesPerSecond: number;
  readonly restarts: number;
}

export interface CrashReport {
  readonly at: number;
  readonly pid: string;
  readonly thread: number;
  readonly behaviour: string;
  readonly label: string;
  readonly reason: string;
  /** The kind of the message it worked on, such as `call append`. */
  readonly message: string;
}

export interface DeadLetter {
  readonly at: number;
  readonly thread: number;
  /** To whom, as far as that may be shown. */
  readonly to: string;
  readonly message: string;
  readonly why: string;
}

/** What one actor handled while somebody looked. */
export interface Trace {
  readonly pid: string;
  readonly behaviour: string;
  /** How long was looked. */
  readonly ms: number;
  /** Why it ended: so many messages, so long, or the actor's own end. */
  readonly over: 'messagesMax' | 'ms' | 'ended';
  readonly steps: readonly TraceStep[];
}

export interface TraceStep {
  /** Since the trace began. */
  readonly atMs: number;
  /** `call`, `cast`, `timer` … */
  readonly kind: string;
  readonly name: string;
  /** Of its payload; null where that could not cross threads. */
  readonly bytes: number | null;
  readonly durationMs: number;
  readonly how: 'sync' | 'async' | 'threw';
  /** What still waited when it began. */
  readonly mailbox: number;
}
