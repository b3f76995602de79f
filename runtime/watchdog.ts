// Owns the judgement whether a thread is stuck: by its beat, the edge's own punctuality and the thread's CPU time.
// It ends nobody: it tells whom to end, at most one a second, and nobody when all look stuck (then it is the machine),
// unless they spin on and on: a machine that stands still gives nobody a CPU.

import type { Heartbeat } from './heartbeat.ts';
import { type ThreadTimes, threadTimes } from './thread-times.ts';

/**
 * Without the evidence that it spins, a thread is stuck only after this many times the limit; and while it waits for a
 * CPU it cannot beat, so that time is not counted.
 */
const patienceWithoutEvidence = 10;
/**
 * This share of the limit must have been spent on the CPU since the last beat: on a machine that is short of CPU a
 * spinning thread gets less of it, but it still had its turn and did not use it to beat. Who spent the whole limit is
 * stuck, whatever the watchdog's clock says.
 */
const spinShare = 0.5;
const endEveryMs = 1_000;
/**
 * The watchdog's own tick is late beyond this many intervals, and the time before it proves nothing: the process, or the
 * machine, stood still. It is not counted as silence, and what was counted stays: on a crowded machine late ticks never
 * end, and a thread whose silence began anew with each of them would never be found.
 */
const lateIntervals = 2;

/**
 * A heap beyond this share of its limit ends soon. V8 collects at the latest half the way from what was alive to the
 * limit, so that four fifths of the limit were alive at the last collection.
 */
const heapShareMax = 0.9;
/** A handler that is about to end may pass the limit for buffers; one that goes on and on is ended at so many times it. */
const hoardedMax = 2;
const bytesPerKib = 1_024;

export interface Watched {
  readonly thread: number;
  readonly heapBytesMax: number;
  readonly heartbeat: Heartbeat;
}

export interface WatchdogOptions {
  readonly stuckMs: number;
  readonly tickMs: number;
  readonly bufferBytesMax: number;
  readonly times?: (task: number) => ThreadTimes | null;
}

export interface Verdict {
  readonly thread: number;
  /** Spun: it used the CPU all the time, so what it was at is to blame. Memory: it works, but has grown too big. Hoards: it grows and never gives way. */
  readonly kind: 'spun' | 'silent' | 'memory' | 'hoards';
  readonly reason: string;
}

interface Sight {
  beats: number;
  /** Without a beat, as far as the watchdog's own ticks were on time. */
  silentMs: number;
  /** On the CPU meanwhile. */
  cpuMs: number;
  /** Waiting for one meanwhile. */
  starvedMs: number;
  /** At the last look. */
  times: ThreadTimes | null;
}

export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #times: (task: number) => ThreadTimes | null;
  readonly #sights = new Map<number, Sight>();
  #lastTick = 0;
  #lastVerdict = Number.NEGATIVE_INFINITY;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#times = options.times ?? threadTimes;
  }

  /** To be asked every `tickMs` with the monotonic time and the threads that are up. */
  look(now: number, watched: readonly Watched[]): Verdict | null {
    const sinceTick = now - this.#lastTick;
    const countedMs = sinceTick > lateIntervals * this.#options.tickMs ? 0 : sinceTick;
    this.#lastTick = now;
    const verdicts: Verdict[] = [];
    for (const one of watched) {
      const verdict = this.#judge(one, countedMs);
      if (verdict !== null) verdicts.push(verdict);
    }
    const doubtful = verdicts.filter(
      ({ kind, thread }) => kind === 'silent' || (kind === 'spun' && !this.#spinsOn(thread)),
    );
    const wholeMachine = watched.length > 1 && doubtful.length === watched.length;
    if (wholeMachine || now - this.#lastVerdict < endEveryMs) return null;
    const first = verdicts.sort((a, b) => this.silentMs(b.thread) - this.silentMs(a.thread))[0];
    if (first === undefined) return null;
    this.#lastVerdict = now;
    this.#sights.delete(first.thread);
    return first;
  }

  forget(thread: number): void {
    this.#sights.delete(thread);
  }

  /** How long the thread has shown no sign of life. */
  silentMs(thread: number): number {
    return this.#sights.get(thread)?.silentMs ?? 0;
  }

  #spinsOn(thread: number): boolean {
    return this.silentMs(thread) > patienceWithoutEvidence * this.#options.stuckMs;
  }

  #judge({ thread, heartbeat, heapBytesMax }: Watched, countedMs: number): Verdict | null {
    const { beats, boundMs, task, bufferKib, heapKib } = heartbeat;
    const sight = this.#sights.get(thread);
    if (sight === undefined || sight.beats !== beats) {
      this.#sights.set(thread, { beats, silentMs: 0, cpuMs: 0, starvedMs: 0, times: this.#times(task) });
    } else {
      this.#lookOn(sight, task, countedMs);
      const verdict = this.#judgeSilent(sight, thread, boundMs);
      if (verdict !== null) return verdict;
    }
    const isSilent = this.silentMs(thread) > lateIntervals * this.#options.tickMs;
    if (bufferKib * bytesPerKib > this.#options.bufferBytesMax * (isSilent ? hoardedMax : 1)) {
      return { thread, kind: isSilent ? 'hoards' : 'memory', reason: `buffers: ${bufferKib} KiB` };
    }
    if (heapKib * bytesPerKib > heapShareMax * heapBytesMax) {
      return { thread, kind: 'memory', reason: `heap: ${heapKib} KiB` };
    }
    return null;
  }

  #lookOn(sight: Sight, task: number, countedMs: number): void {
    sight.silentMs += countedMs;
    const now = this.#times(task);
    const before = sight.times;
    sight.times = now;
    if (now === null || before === null) return;
    // A virtual machine that was held charges the pause to whoever was running.
    sight.cpuMs += Math.min(now.cpuMs - before.cpuMs, lateIntervals * this.#options.tickMs);
    sight.starvedMs += now.starvedMs - before.starvedMs;
  }

  #judgeSilent({ silentMs, cpuMs, starvedMs }: Sight, thread: number, boundMs: number): Verdict | null {
    const { stuckMs } = this.#options;
    const limitMs = Math.max(stuckMs, boundMs);
    if (cpuMs > limitMs || (silentMs > limitMs && cpuMs > spinShare * limitMs)) {
      return { thread, kind: 'spun', reason: `stuck: spun for ${Math.round(Math.max(silentMs, cpuMs))} ms` };
    }
    const endless = Math.max(patienceWithoutEvidence * stuckMs, boundMs + stuckMs);
    if (silentMs - starvedMs <= endless) return null;
    return { thread, kind: 'silent', reason: `stuck: silent for ${Math.round(silentMs)} ms` };
  }
}
