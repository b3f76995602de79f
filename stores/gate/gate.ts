// Owns one backend server as the rest sees it: every call ends in time, and nothing that the client does gets out.
// It never repeats a call and never keeps one for later; `run` never rejects.
//
//   run --> closed? open? overload? --> generation's client --> work
//              |  no: at once              |                      | ok / answer: the backend is well
//              v                           |                      | unwell: counted, the client is kept
//              |                           |                      | part: a probe asks whether any part is well
//           { ok: false }                  |                      | broken, deadline: the whole client is retired,
//                                          |                      v  and all that wait for it end
//                                          +<-- probe <-- rest <-- breaker
//
// Invariant: while the breaker is closed there is a generation; while it is open only its timer brings one.

import type { GateStatus } from '../../actors/mod.ts';
import type { Alarm } from '../../runtime/mod.ts';
import { Breaker } from './breaker.ts';
import { type GateClock, systemGateClock } from './clock.ts';
import { Deadlines } from './deadlines.ts';
import { errorKind, GateError } from './error-kind.ts';
import { Generation } from './generation.ts';
import { Latencies } from './latencies.ts';
import { Notices } from './notices.ts';
import type { GateCall, GateFailure, GateOptions, GateResult, Verdict } from './options.ts';

interface Pending<Client> {
  readonly generation: Generation<Client>;
  readonly startedAt: number;
  dueAt: number;
  readonly kind: Kind;
  /** Null once the caller has gone on; the call then stays for what its outcome says of the backend. */
  tell: ((result: GateResult<never>) => void) | null;
  expire: (() => void) | null;
}

/** That a read is answered does not say that the backend takes writes: only calls and probes move the breaker. */
type Kind = 'call' | 'read' | 'probe';

type Work<Client, T> = (client: Client, call: GateCall) => Promise<T>;

interface Asked<Client, T> {
  readonly kind: Kind;
  readonly work: Work<Client, T>;
  readonly deadlineMs: number;
  /** Null: nobody waits for it. */
  readonly tell: ((result: GateResult<T>) => void) | null;
}

/** Made once: fifty thousand refusals a second must cost no stack traces. */
const silence = new GateError('deadline', 'nothing came in time');
const resting = new GateError('open', 'it failed lately and is not asked now');
const overload = new GateError('overload', 'too many calls wait for it already');
const ended = new GateError('closed', 'the gate is closed');

export class Gate<Client> {
  readonly #options: GateOptions<Client>;
  readonly #clock: GateClock;
  readonly #breaker = new Breaker();
  readonly #latencies = new Latencies();
  readonly #notices: Notices;
  readonly #deadlines: Deadlines<Pending<Client>>;
  #generation: Generation<Client> | null = null;
  #rest: Alarm | null = null;
  #closed = false;
  /** The client that rests answers, although not to everything. */
  #answers = false;
  #made = 0;
  #calls = 0;
  #failures = 0;
  #expiredInRow = 0;
  /** Not to be looked at before this, whatever its parts say. */
  #lookAt = Number.NEGATIVE_INFINITY;
  #lastError: string | null = null;

  /** The first client is opened and probed at once: that a backend is absent is known before anybody needs it. */
  constructor(options: GateOptions<Client>) {
    this.#options = options;
    this.#clock = options.clock ?? systemGateClock();
    this.#notices = new Notices(this.#clock, () => options.onChange?.(this.status()));
    this.#deadlines = new Deadlines(this.#clock, (calls) => this.#expired(calls));
    this.#probe();
  }

  run<T>(work: Work<Client, T>, deadlineMs: number): Promise<GateResult<T>> {
    return this.#admit('call', work, deadlineMs);
  }

  /** For what changes nothing: it is asked as well while the backend is unwell, for it may refuse writes alone. */
  read<T>(work: Work<Client, T>, deadlineMs: number): Promise<GateResult<T>> {
    return this.#admit('read', work, deadlineMs);
  }

  /** False: a call would be refused at once. */
  get serves(): boolean {
    return !this.#closed && this.#breaker.state === 'closed';
  }

  status(): GateStatus {
    const { backend, target } = this.#options;
    return {
      backend,
      target,
      state: this.#notices.state,
      breaker: this.#breaker.state,
      pending: this.#deadlines.size,
      generation: this.#made,
      calls: this.#calls,
      failures: this.#failures,
      latencyMs: this.#latencies.percentiles(),
      lastError: this.#lastError,
      changedAt: this.#notices.changedAt,
    };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#rest?.cancel();
    this.#notices.close();
    const calls = this.#deadlines.all();
    this.#deadlines.clear();
    if (this.#generation !== null) this.#discard(this.#generation);
    for (const call of calls) this.#fail(call, 'closed', ended);
  }

  #admit<T>(kind: Kind, work: Work<Client, T>, deadlineMs: number): Promise<GateResult<T>> {
    this.#calls += 1;
    const generation = this.#generation;
    const admitted = this.#breaker.state === 'closed' || (kind === 'read' && this.#answers);
    if (this.#closed) return this.#refused('closed', ended);
    if (generation === null || !admitted) return this.#refused('open', resting);
    if (this.#deadlines.size >= this.#options.pendingMax) return this.#refused('overload', overload);
    return new Promise((tell) => this.#begin(generation, { kind, work, deadlineMs, tell }));
  }

  #begin<T>(generation: Generation<Client>, { kind, work, deadlineMs, tell }: Asked<Client, T>): void {
    const startedAt = this.#clock.monotonic();
    const dueAt = startedAt + deadlineMs;
    const call: Pending<Client> = { generation, startedAt, dueAt, kind, tell, expire: null };
    this.#deadlines.watch(call);
    const inside: GateCall = {
      onExpiry(end) {
        call.expire = end;
      },
    };
    generation.use((client) => {
      new Promise<T>((resolve) => resolve(work(client, inside))).then(
        (value) => {
          if (this.#answered(call)) tell?.({ ok: true, value });
        },
        (error: unknown) => this.#failed(call, error),
      );
    });
  }

  /** True when the caller still waits for it. */
  #answered(call: Pending<Client>): boolean {
    if (!this.#ended(call)) return false;
    const now = this.#clock.monotonic();
    this.#latencies.add(now - call.startedAt);
    this.#expiredInRow = 0;
    if (call.kind === 'read') return call.tell !== null;
    if (this.#breaker.well(now)) this.#counted('gate_breaker', 'closed');
    if (this.#breaker.state === 'closed') this.#notices.set('up');
    return call.tell !== null;
  }

  #failed(call: Pending<Client>, error: unknown): void {
    const verdict = this.#verdict(error);
    if (verdict === 'answer') {
      if (this.#answered(call)) call.tell?.({ ok: false, reason: 'answer', error });
      return;
    }
    if (!this.#ended(call)) return;
    this.#fail(call, verdict === 'part' ? 'unwell' : verdict, error);
    if (verdict === 'broken') this.#retire(call.generation, error);
    else if (verdict === 'part' && call.kind !== 'probe') this.#doubt(error);
    else this.#unwell(call, error);
  }

  /** Callers first, so that each hears what became of its own call; then what their silence means. */
  #expired(calls: readonly Pending<Client>[]): void {
    const patience = this.#clock.monotonic() - this.#options.probeMs;
    for (const call of calls) this.#fail(call, 'deadline', silence);
    for (const call of calls) {
      // The silence of one before it may have ended the client, and every call with it.
      if (!call.generation.alive) continue;
      // Whoever is in a hurry gives up for himself: only silence for as long as a probe may take is a failure.
      if (call.startedAt > patience) {
        call.dueAt = call.startedAt + this.#options.probeMs;
        this.#deadlines.watch(call);
      } else if (this.#ended(call)) {
        this.#silent(call);
      }
    }
  }

  #silent(call: Pending<Client>): void {
    this.#expiredInRow += 1;
    let last = call.kind === 'probe' || this.#expiredInRow >= (this.#options.expiredMax ?? 1);
    try {
      call.expire?.();
    } catch {
      // An adapter that cannot end the one connection has to end them all.
      last = true;
    }
    if (last) this.#retire(call.generation, silence);
    else this.#unwell(call, silence);
  }

  /** A lost part fails faster than the others answer: failures in a row say nothing here. */
  #doubt(error: unknown): void {
    this.#lastError = errorKind(error);
    const now = this.#clock.monotonic();
    if (this.#breaker.state !== 'closed' || now < this.#lookAt) return;
    this.#lookAt = now + this.#options.probeMs;
    this.#probe();
  }

  #unwell({ kind }: Pending<Client>, error: unknown): void {
    this.#lastError = errorKind(error);
    const { state } = this.#breaker;
    // Beside the probe only reads are asked then, and it speaks for them.
    if (kind === 'read' && state !== 'closed') return;
    const now = this.#clock.monotonic();
    // A probe speaks for all of it: no other failure is waited for.
    if (kind === 'probe' && state !== 'open') this.#breaker.broken(now);
    else if (!this.#breaker.unwell(now)) return;
    this.#answers = true;
    this.#resting();
  }

  #retire(generation: Generation<Client>, error: unknown): void {
    if (!generation.alive) return;
    this.#lastError = errorKind(error);
    this.#expiredInRow = 0;
    this.#discard(generation);
    this.#counted('gate_clients_retired', this.#lastError);
    for (const call of this.#deadlines.all()) {
      if (call.generation === generation && this.#ended(call)) this.#fail(call, 'broken', error);
    }
    this.#breaker.broken(this.#clock.monotonic());
    this.#resting();
  }

  #resting(): void {
    this.#counted('gate_breaker', 'open');
    this.#notices.set('down');
    this.#rest?.cancel();
    const wait = this.#breaker.restMs(this.#clock.random());
    this.#rest = this.#clock.alarm(this.#clock.monotonic() + wait, () => {
      this.#breaker.halfOpen();
      this.#probe();
    });
  }

  #probe(): void {
    const generation = this.#generation ?? this.#open();
    const { probe, probeMs } = this.#options;
    // Its outcome moves the breaker as that of any call does; nobody else waits for it.
    this.#begin(generation, { kind: 'probe', work: probe, deadlineMs: probeMs, tell: null });
  }

  #open(): Generation<Client> {
    this.#made += 1;
    const generation = new Generation(this.#options, (broken, error) => this.#retire(broken, error));
    this.#generation = generation;
    return generation;
  }

  #discard(generation: Generation<Client>): void {
    this.#generation = null;
    this.#answers = false;
    try {
      generation.retire();
    } catch (error) {
      // A client that cannot even be destroyed keeps what it holds; the thread's own limits are the last resort.
      this.#counted('gate_close_failures', errorKind(error));
    }
  }

  /** False when the call was over before: what arrives late, or from an old generation, is ignored. */
  #ended(call: Pending<Client>): boolean {
    return this.#deadlines.done(call) && !this.#closed;
  }

  #fail(call: Pending<Client>, reason: GateFailure, error: unknown): void {
    if (call.tell === null) return;
    const tell = call.tell;
    call.tell = null;
    this.#failures += 1;
    this.#counted('gate_failures', reason);
    tell({ ok: false, reason, error });
  }

  #verdict(error: unknown): Verdict {
    try {
      return this.#options.judge(error);
    } catch {
      return 'broken';
    }
  }

  #counted(metric: string, kind: string): void {
    const { backend, target, count } = this.#options;
    count?.(metric, { backend, target, kind });
  }

  #refused(reason: GateFailure, error: Error): Promise<GateResult<never>> {
    this.#failures += 1;
    this.#counted('gate_failures', reason);
    return Promise.resolve({ ok: false, reason, error });
  }
}
