// Owns whether a thread sleeps between two arrivals: it stays awake a little while they come in quick succession.
// It takes nothing from the ports: it only keeps the event loop turning, which finds what has arrived at once.
//
//   16 quick ones --> awake, with patience for 150 us --> none left: sleep --> 4 quick ones when it paid, else twice as many
//                       each arrival gives 50 us back
//
// To wake a sleeping thread costs more than to carry a message. One call at a time to another thread and back, this way
// and without, three runs each in turn: 9.9 and 60 us; CPU for 10,000 of them 0.23 and 0.53 s. Four at a time 137,000 and
// 55,000 a second. Calls at 2,000 a second, each by itself: no vigil begins, and CPU is the same.
//
// Patience must outlast the waking of the other thread, 40 to 100 us where the kernel wakes it on another CPU: with 50 us
// most vigils ended before it was awake. Where it is woken on the same CPU a vigil only keeps it waiting, so what was in
// vain is tried again more seldom. Calls one by one on a machine that does now this, now that, in blocks of 1,000 among
// others, medians of six runs each: 31 us and 63 us of CPU before, 21 and 48 with this and what transport.ts and texts.ts
// save beside it.
//
// Nor would taking be cheaper than being told: between two bare ports, three runs each in turn, a round trip takes 15 us
// by the event, 36 with receiveMessageOnPort in each turn of the loop, 39 with 10 us of that in each turn.

/** Arrivals closer together than this are in quick succession: it covers the waking of both sides. */
const quickMs = 0.2;
/** So many of them in a row begin the first vigil; and so many arrivals in it pay for the next. */
const quickBefore = 16;
const quickBeforeAgain = 4;
/** In vain again and again a vigil costs 2.3 us for an arrival; with 256 the moment when it pays was missed too long. */
const quickBeforeMax = 64;
/** A vigil ends when nothing has come for so long … */
const patienceMs = 0.15;
/** … or sooner: waiting longer than this for each arrival takes more CPU than to be woken for it. */
const patienceEachMs = 0.05;

export class Vigil {
  readonly #now: () => number;
  readonly #nextTurn: (turn: () => void) => void;
  #lastAt = Number.NEGATIVE_INFINITY;
  #quick = 0;
  #quickNeeded = quickBefore;
  #awake = false;
  /** How long from the last arrival on it still waits, and how many came in this vigil. */
  #patienceMs = 0;
  #taken = 0;

  constructor(now: () => number, nextTurn: (turn: () => void) => void) {
    this.#now = now;
    this.#nextTurn = nextTurn;
  }

  arrived(): void {
    const now = this.#now();
    const sinceLastMs = now - this.#lastAt;
    this.#lastAt = now;
    if (this.#awake) {
      this.#taken++;
      this.#patienceMs = Math.min(patienceMs, this.#patienceMs - sinceLastMs + patienceEachMs);
      return;
    }
    this.#quick = sinceLastMs < quickMs ? this.#quick + 1 : 0;
    if (this.#quick < this.#quickNeeded) return;
    this.#awake = true;
    this.#patienceMs = patienceMs;
    this.#taken = 0;
    this.#nextTurn(this.#turn);
  }

  readonly #turn = (): void => {
    if (this.#now() - this.#lastAt < this.#patienceMs) {
      this.#nextTurn(this.#turn);
      return;
    }
    this.#awake = false;
    this.#quick = 0;
    const paid = this.#taken >= quickBefore;
    this.#quickNeeded = paid
      ? quickBeforeAgain
      : Math.min(quickBeforeMax, 2 * Math.max(quickBefore, this.#quickNeeded));
  };
}
