// Owns who runs next on this thread and when the thread gives way to its timers and sockets.
// It never looks into a message: one call of `run` gives one actor its budget, and the rest is fairness.
//
//   work arrives --> microtask --> slice of turns --> nothing left: sleep
//                                        |
//                                        +--> slice used up, or 64 slices since the loop last turned: setImmediate

import type { Process } from './process.ts';
import { Ring } from './ring.ts';

/** A slice ends after this many turns or this long, whichever comes first; then I/O and timers have their chance. */
const sliceTurnsMax = 512;
const sliceMs = 5;
/**
 * The clock is looked at after so many turns, or after more while they are quick: a tenth less CPU for ping-pong and
 * chameneos. So at most 16 slow ones in a row follow quick ones before others have their chance, and none once the pulse
 * has changed.
 */
const turnsBetweenLooks = 4;
const quickTurnsBetweenLooks = 16;
const quickMs = 0.1;
const microtaskSlicesMax = 64;
/** Deeper than any tree of supervisors, far from the end of the stack. */
const nestedMax = 32;

export class RunQueue {
  readonly #run: (process: Process) => void;
  #waiting = new Ring<Process>();
  #scheduled = false;
  readonly #pulse: () => number;
  #microtaskSlices = 0;
  #stopped = false;
  /** Turns of this slice, nested ones included. */
  #turns = 0;
  #nextLook = turnsBetweenLooks;
  #startedAt: number;
  #nested = 0;
  /** The pulse when this slice began. */
  #beganAt = 0;
  readonly #clock: () => number;
  #now: number;

  /**
   * `pulse` changes ten times in the time after which a thread counts as stuck, and costs one read of memory where a
   * clock costs 35 ns: that much can be asked after each message, so that slow ones in a row are no stuck thread.
   */
  constructor(run: (process: Process) => void, pulse: () => number, clock: () => number) {
    this.#run = run;
    this.#pulse = pulse;
    this.#clock = clock;
    this.#now = clock();
    this.#startedAt = this.#now;
  }

  /** Monotonic, as it was a few turns ago: for what need not be exact. A call of its own costs 35 to 100 ns. */
  get now(): number {
    return this.#now;
  }

  /** This slice has lasted so long that timers and sockets come first now. */
  get isOverdue(): boolean {
    return this.#pulse() !== this.#beganAt;
  }

  get idle(): boolean {
    return this.#waiting.length === 0 && !this.#scheduled;
  }

  add(process: Process): void {
    if (process.queued) return;
    process.queued = true;
    this.#waiting.push(process);
    if (!this.#scheduled) this.#wake();
  }

  /**
   * True when a turn may run inside the one that runs now, on the time of its slice; `leave` when it is over. False
   * when it must wait its turn: nobody starts a thousand children at the cost of everybody else.
   */
  enter(): boolean {
    if (this.#nested === nestedMax || this.#isUsedUp()) return false;
    this.#nested++;
    return true;
  }

  leave(): void {
    this.#nested--;
  }

  stop(): void {
    this.#stopped = true;
    this.#waiting = new Ring();
  }

  #wake(): void {
    this.#scheduled = true;
    if (this.#microtaskSlices++ < microtaskSlicesMax) queueMicrotask(() => this.#slice());
    else this.#yield();
  }

  #yield(): void {
    setImmediate(() => {
      this.#microtaskSlices = 0;
      this.#slice();
    });
  }

  #slice(): void {
    this.#now = this.#clock();
    this.#startedAt = this.#now;
    this.#beganAt = this.#pulse();
    this.#turns = 0;
    this.#nextLook = turnsBetweenLooks;
    for (let process = this.#waiting.shift(); process !== undefined; process = this.#waiting.shift()) {
      process.queued = false;
      this.#run(process);
      if (this.#isUsedUp()) break;
    }
    // What comes next, a promise's continuation say, waits for the loop to turn.
    if (this.isOverdue) this.#microtaskSlices = microtaskSlicesMax;
    if (this.#waiting.length > 0 && !this.#stopped) this.#yield();
    else this.#scheduled = false;
  }

  #isUsedUp(): boolean {
    this.#turns++;
    if (this.#turns >= sliceTurnsMax || this.isOverdue) return true;
    if (this.#turns < this.#nextLook) return false;
    const before = this.#now;
    this.#now = this.#clock();
    this.#nextLook = this.#turns + (this.#now - before < quickMs ? quickTurnsBetweenLooks : turnsBetweenLooks);
    return this.#now - this.#startedAt > sliceMs;
  }
}
