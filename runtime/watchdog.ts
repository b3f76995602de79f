// Owns the judgement whether a thread is stuck: by its beat, the edge's own punctuality and the thread's CPU time.
// It ends nobody: it tells whom to end, at most one a second, and nobody when all look stuck (then it is the machine).

import { readFileSync } from 'node:fs';
import type { Heartbeat } from './heartbeat.ts';

/** Without the evidence that it spins, a thread is stuck only after this many times the limit. */
const patienceWithoutEvidence = 10;
/**
 * This share of the limit must have been spent on the CPU since the last beat: on a machine that is short of CPU a
 * spinning thread gets less of it, but it still had its turn and did not use it to beat.
 */
const spinShare = 0.5;
const msPerClockTick = 10;
const endEveryMs = 1_000;
/** The watchdog's own tick is late, and proves nothing, beyond this many intervals. */
const lateIntervals = 2;

/**
 * A heap beyond this share of its limit ends soon. V8 collects at the latest half the way from what was alive to the
 * limit, so that four fifths of the limit were alive at the last collection.
 */
const heapShareMax = 0.9;
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
  /** CPU milliseconds of a thread so far; null when it cannot be known. */
  readonly cpuMs?: (task: number) => number | null;
}

export interface Verdict {
  readonly thread: number;
  /** Spun: it used the CPU all the time, so what it was at is to blame. Memory: it works, but has grown too big. */
  readonly kind: 'spun' | 'silent' | 'memory';
  readonly reason: string;
}

interface Sight {
  beats: number;
  since: number;
  cpuMs: number | null;
}

export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #cpuMs: (task: number) => number | null;
  readonly #sights = new Map<number, Sight>();
  #lastTick = 0;
  #lastVerdict = Number.NEGATIVE_INFINITY;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#cpuMs = options.cpuMs ?? threadCpuMs;
  }

  /** To be asked every `tickMs` with the monotonic time and the threads that are up. */
  look(now: number, watched: readonly Watched[]): Verdict | null {
    const sinceTick = this.#lastTick > 0 ? now - this.#lastTick : 0;
    const lateMs = sinceTick > lateIntervals * this.#options.tickMs ? sinceTick : 0;
    this.#lastTick = now;
    const verdicts: Verdict[] = [];
    for (const one of watched) {
      const verdict = this.#judge(one, now, lateMs);
      if (verdict !== null) verdicts.push(verdict);
    }
    const stuck = verdicts.filter(({ kind }) => kind !== 'memory').length;
    const wholeMachine = watched.length > 1 && stuck === watched.length;
    if (wholeMachine || now - this.#lastVerdict < endEveryMs) return null;
    const first = verdicts.sort((a, b) => this.#since(a.thread) - this.#since(b.thread))[0];
    if (first === undefined) return null;
    this.#lastVerdict = now;
    this.#sights.delete(first.thread);
    return first;
  }

  forget(thread: number): void {
    this.#sights.delete(thread);
  }

  #since(thread: number): number {
    return this.#sights.get(thread)?.since ?? 0;
  }

  #judge({ thread, heartbeat, heapBytesMax }: Watched, now: number, lateMs: number): Verdict | null {
    const { beats, boundMs, task, bufferKib, heapKib } = heartbeat;
    const sight = this.#sights.get(thread);
    if (sight === undefined || sight.beats !== beats) {
      this.#sights.set(thread, { beats, since: now, cpuMs: this.#cpuMs(task) });
    } else if (lateMs > 0) {
      // What passed unseen is not counted; what was seen before is not forgotten, or a crowded machine would hide it.
      sight.since += lateMs;
    } else {
      const silentMs = now - sight.since;
      const limitMs = Math.max(this.#options.stuckMs, boundMs);
      if (silentMs > limitMs && this.#spun(sight, task, limitMs)) {
        return { thread, kind: 'spun', reason: `stuck: spun for ${Math.round(silentMs)} ms` };
      }
      const endless = Math.max(patienceWithoutEvidence * this.#options.stuckMs, boundMs + this.#options.stuckMs);
      if (silentMs > endless) return { thread, kind: 'silent', reason: `stuck: silent for ${Math.round(silentMs)} ms` };
    }
    if (bufferKib * bytesPerKib > this.#options.bufferBytesMax) {
      return { thread, kind: 'memory', reason: `buffers: ${bufferKib} KiB` };
    }
    if (heapKib * bytesPerKib > heapShareMax * heapBytesMax) {
      return { thread, kind: 'memory', reason: `heap: ${heapKib} KiB` };
    }
    return null;
  }

  #spun(sight: Sight, task: number, limitMs: number): boolean {
    const cpuMs = this.#cpuMs(task);
    return cpuMs !== null && sight.cpuMs !== null && cpuMs - sight.cpuMs > spinShare * limitMs;
  }
}

/** User and system time from /proc; null where there is none. */
function threadCpuMs(task: number): number | null {
  if (task === 0) return null;
  try {
    const text = readFileSync(`/proc/self/task/${task}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * msPerClockTick;
  } catch {
    return null;
  }
}
