// Owns how the wires of one batch lie beside each other when they cross: numbers in one column, all else in another.
// It never decides what is sent, and knows nothing of bodies (columns.ts); both sides of a port are the same version, on one machine.
//
//   cast 'add' {by: 1, id: 'a1'}    cast 'add' {by: 2, id: 'b2'}    answer 'yes'    link …
//
//   new texts 0 'add', 1 'by#\nid='        names and shapes, each once for a port (texts.ts)
//   numbers   castPid serial 0 shape 1 │ castPid serial 0 shape 2 │ answer ref asItIs │ other
//   values    'a1' │ 'b2' │ 'yes' │ {kind: 'link', …}
//
// Structured cloning writes the name of each field of each object and a tag for each number, and reads them all again;
// a typed array it copies whole. Batches of 1,000, the thread that has more to do: small objects as they are 329 ns each,
// as one JSON string 284, as msgpackr records about the same, numbers and the rest in columns 70. The casts of actors
// across threads went from 1.95 to 3.5 M a second, strings as bodies from 4.5 to 5.9; a frame of one cast from 1.7 to 1 us.
// Later, numbers written to a sheet that is kept, fewer searches and bodies from literals (shapes.ts) took the CPU of all
// threads for 10,000 small objects from 8.0 to 6.8 ms, and for strings from 4.9 to 4.3 (medians of three, in turn). With
// texts told once and few numbers in line, one call at a time to another thread and back takes 27 us for 30.

import type { Key, Pid } from './address.ts';
import { Draft, type Packed, Reading } from './columns.ts';
import type { From } from './outcome.ts';
import { SeenShapes } from './shapes.ts';
import { TextsHeard, TextsTold } from './texts.ts';
import type { Wire } from './wire.ts';

/** What a wire is. */
const castPid = 1;
const castKey = 2;
const callPid = 3;
const callKey = 4;
const answerOk = 5;
const other = 6;

/** An answer does not say what was asked: all of them share one name. */
const answers = '';
/** A sheet for the numbers grows to what the largest frame needs, and is used again: 32 KiB for each thread at first. */
const paperNumbers = 4_096;

/** One life of a thread. A frame goes from one to one other, so the pids in it leave that out. */
export interface Home {
  readonly node: string;
  readonly thread: number;
  readonly incarnation: number;
}

/** What all frames of one thread are written with. */
export class Desk {
  readonly seen = new SeenShapes();
  /** Where the numbers of the next frame are written; null while that is being done. */
  paper: Float64Array | null = new Float64Array(paperNumbers);
}

/** For one port, as long as it lasts. */
export class Packer {
  readonly #home: Home;
  readonly #desk: Desk;
  readonly #told = new TextsTold();

  constructor(home: Home, desk: Desk) {
    this.#home = home;
    this.#desk = desk;
  }

  /** What it tells counts as told when `post` has not thrown. */
  pack(wires: readonly Wire[], ack: number, post: (packed: Packed) => void): void {
    // A getter in a body may send something itself, and fill a second frame meanwhile.
    const draft = new Draft(this.#desk.seen, this.#told, this.#desk.paper ?? new Float64Array(paperNumbers));
    this.#desk.paper = null;
    try {
      for (const wire of wires) this.#put(draft, wire);
    } finally {
      this.#desk.paper = draft.paper;
    }
    post(draft.done(ack));
    if (draft.texts !== null) this.#told.posted(draft.texts);
  }

  #put(draft: Draft, wire: Wire): void {
    if (wire.kind === 'cast') {
      toWhom(draft, wire.to, castPid, castKey);
      draft.said(wire.name, wire.body);
    } else if (wire.kind === 'call' && this.#isOwn(wire.from)) {
      toWhom(draft, wire.to, callPid, callKey);
      draft.number(wire.from.ref);
      draft.number(wire.from.pid?.serial ?? 0);
      draft.number(wire.deadline);
      draft.said(wire.name, wire.body);
    } else if (wire.kind === 'answer' && wire.result.ok) {
      draft.number(answerOk);
      draft.number(wire.ref);
      draft.body(answers, wire.result.value);
    } else {
      draft.number(other);
      draft.values.push(wire);
    }
  }

  #isOwn({ thread, incarnation, pid }: From): boolean {
    const { node, thread: own, incarnation: life } = this.#home;
    if (thread !== own || incarnation !== life) return false;
    return pid === null || (pid.thread === own && pid.incarnation === life && pid.node === node);
  }
}

/** For one port, as long as it lasts. */
export class Unpacker {
  readonly #home: Home;
  readonly #sender: Home;
  readonly #heard = new TextsHeard();

  constructor(home: Home, sender: Home) {
    this.#home = home;
    this.#sender = sender;
  }

  /** Hands over each wire in its order; tells how many there were. */
  unpack(packed: Packed, arrived: (wire: Wire) => void): number {
    const reading = new Reading(packed, this.#heard);
    let wires = 0;
    for (; !reading.done; wires++) arrived(this.#next(reading));
    return wires;
  }

  #next(reading: Reading): Wire {
    const mark = reading.number();
    switch (mark) {
      case castPid:
      case castKey: {
        const to = this.#to(reading, mark === castPid);
        return { kind: 'cast', to, name: reading.text(), body: reading.body() };
      }
      case callPid:
      case callKey: {
        const to = this.#to(reading, mark === callPid);
        const ref = reading.number();
        const serial = reading.number();
        const from: From = {
          pid: serial === 0 ? null : pidAt(this.#sender, serial),
          thread: this.#sender.thread,
          incarnation: this.#sender.incarnation,
          ref,
        };
        const deadline = reading.number();
        return { kind: 'call', to, name: reading.text(), body: reading.body(), from, deadline };
      }
      case answerOk: {
        const ref = reading.number();
        return { kind: 'answer', ref, result: { ok: true, value: reading.body() } };
      }
      default:
        return reading.value() as Wire;
    }
  }

  #to(reading: Reading, isPid: boolean): Pid | Key {
    return isPid ? pidAt(this.#home, reading.number()) : reading.key();
  }
}

function toWhom(draft: Draft, to: Pid | Key, pidMark: number, keyMark: number): void {
  if ('serial' in to) {
    draft.number(pidMark);
    draft.number(to.serial);
  } else {
    draft.number(keyMark);
    draft.key(to);
  }
}

function pidAt({ node, thread, incarnation }: Home, serial: number): Pid {
  return { node, thread, incarnation, serial };
}
