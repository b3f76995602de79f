// Owns how the wires of one batch lie beside each other when they cross: numbers in one column, all else in another.
// It never decides what is sent; both sides of a port are the same version, on one machine.
//
//   cast 'add' {by: 1, id: 'a1'}    cast 'add' {by: 2, id: 'b2'}    answer 'yes'    link …
//
//   numbers   2 │ castPid serial 0 shape 1 │ castPid serial 0 shape 2 │ answer ref asItIs │ other
//   values    'add' 'by#\nid=' │ 'a1' │ 'b2' │ 'yes' │ {kind: 'link', …}
//             names and shapes, each once
//
// Structured cloning writes the name of each field of each object and a tag for each number, and reads them all again;
// a typed array it copies whole. Batches of 1,000, the thread that has more to do: small objects as they are 329 ns each,
// as one JSON string 284, as msgpackr records about the same, numbers and the rest in columns 70. The casts of actors
// across threads went from 1.95 to 3.5 M a second, strings as bodies from 4.5 to 5.9; a frame of one cast from 1.7 to 1 us.

import type { Key, Pid } from './address.ts';
import type { From } from './outcome.ts';
import { type Fields, learn, SeenShapes, type Shape, ToldShapes } from './shapes.ts';
import type { Wire } from './wire.ts';

/** What a wire is. */
const castPid = 1;
const castKey = 2;
const callPid = 3;
const callKey = 4;
const answerOk = 5;
const other = 6;

/** What a body is: one of these, or, from `shaped` on, the place of its shape among the texts. */
const asItIs = 0;
const numeral = 1;
/** The very object of the body before: what many are told is copied once. */
const sameAgain = 2;
const shaped = 3;

const misfit = -1;
/** Shorter than this, a typed array costs more than it saves. */
const typedFromNumbers = 64;
/** An answer does not say what was asked: all of them share one name. */
const answers = '';

const wakes: readonly (boolean | undefined)[] = [undefined, false, true];

export interface Packed {
  readonly numbers: ArrayLike<number>;
  readonly values: readonly unknown[];
}

/** One life of a thread. A frame goes from one to one other, so the pids in it leave that out. */
export interface Home {
  readonly node: string;
  readonly thread: number;
  readonly incarnation: number;
}

export class Packer {
  readonly #home: Home;
  readonly #seen = new SeenShapes();

  constructor(home: Home) {
    this.#home = home;
  }

  pack(wires: readonly Wire[]): Packed {
    const draft = new Draft(this.#seen);
    for (const wire of wires) this.#put(draft, wire);
    return draft.done();
  }

  #put(draft: Draft, wire: Wire): void {
    if (wire.kind === 'cast') {
      draft.to(wire.to, castPid, castKey);
      draft.said(wire.name, wire.body);
    } else if (wire.kind === 'call' && this.#isOwn(wire.from)) {
      draft.to(wire.to, callPid, callKey);
      draft.numbers.push(wire.from.ref, wire.from.pid?.serial ?? 0, wire.deadline);
      draft.said(wire.name, wire.body);
    } else if (wire.kind === 'answer' && wire.result.ok) {
      draft.numbers.push(answerOk, wire.ref);
      draft.body(answers, wire.result.value);
    } else {
      draft.numbers.push(other);
      draft.values.push(wire);
    }
  }

  #isOwn({ thread, incarnation, pid }: From): boolean {
    const { node, thread: own, incarnation: life } = this.#home;
    if (thread !== own || incarnation !== life) return false;
    return pid === null || (pid.thread === own && pid.incarnation === life && pid.node === node);
  }
}

/** A frame that is being written. */
class Draft {
  readonly numbers: number[] = [0];
  readonly values: unknown[] = [];
  readonly #seen: SeenShapes;
  readonly #texts: unknown[] = [];
  readonly #places = new Map<string, number>();
  #before: unknown = null;
  /** What goes to one receiver has mostly one name. */
  #textBefore: string | null = null;
  #placeBefore = 0;

  constructor(seen: SeenShapes) {
    this.#seen = seen;
  }

  to(to: Pid | Key, pidMark: number, keyMark: number): void {
    if ('serial' in to) this.numbers.push(pidMark, to.serial);
    else {
      this.numbers.push(keyMark, this.#place(to.family), wakes.indexOf(to.wake));
      this.values.push(to.key);
    }
  }

  said(name: string, body: unknown): void {
    this.numbers.push(this.#place(name));
    this.body(name, body);
  }

  body(name: string, body: unknown): void {
    if (typeof body === 'number') {
      this.numbers.push(numeral, body);
      return;
    }
    if (typeof body === 'object' && body !== null) {
      if (body === this.#before) {
        this.numbers.push(sameAgain);
        return;
      }
      this.#before = body;
      if (this.#inShape(name, body)) return;
    }
    this.numbers.push(asItIs);
    this.values.push(body);
  }

  done(): Packed {
    this.numbers[0] = this.#texts.length;
    const numbers = this.numbers.length < typedFromNumbers ? this.numbers : new Float64Array(this.numbers);
    // Not spread: that goes through the second array one by one.
    return { numbers, values: this.#texts.concat(this.values) };
  }

  #inShape(name: string, body: object): boolean {
    const shapes = this.#seen.under(name, body);
    if (shapes === null) return false;
    for (const shape of shapes) {
      if (this.#fields(shape, body as Fields)) return true;
    }
    const learned = learn(shapes, body as Fields);
    return learned !== null && this.#fields(learned, body as Fields);
  }

  /** Written as they are read, and taken back if it is another shape after all: one look at each field, not two. */
  #fields({ text, keys, numeric }: Shape, body: Fields): boolean {
    const numbers = this.numbers.length;
    const values = this.values.length;
    this.numbers.push(shaped + this.#place(text));
    let field = 0;
    for (const key in body) {
      const value = body[key];
      if (key !== keys[field] || (typeof value === 'number') !== numeric[field]) {
        field = misfit;
        break;
      }
      if (typeof value === 'number') this.numbers.push(value);
      else this.values.push(value);
      field++;
    }
    if (field === keys.length) return true;
    this.numbers.length = numbers;
    this.values.length = values;
    return false;
  }

  #place(text: string): number {
    if (text === this.#textBefore) return this.#placeBefore;
    let place = this.#places.get(text);
    if (place === undefined) {
      place = this.#texts.length;
      this.#texts.push(text);
      this.#places.set(text, place);
    }
    this.#textBefore = text;
    this.#placeBefore = place;
    return place;
  }
}

export class Unpacker {
  readonly #home: Home;
  readonly #told = new ToldShapes();

  constructor(home: Home) {
    this.#home = home;
  }

  /** Hands over each wire in its order; tells how many there were. */
  unpack(packed: Packed, sender: Home, arrived: (wire: Wire) => void): number {
    const reading = new Reading(packed, this.#told);
    let wires = 0;
    for (; !reading.done; wires++) arrived(this.#next(reading, sender));
    return wires;
  }

  #next(reading: Reading, sender: Home): Wire {
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
          pid: serial === 0 ? null : pidAt(sender, serial),
          thread: sender.thread,
          incarnation: sender.incarnation,
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
    if (isPid) return pidAt(this.#home, reading.number());
    const family = reading.text();
    const wake = wakes[reading.number()];
    const key = reading.value() as string;
    return wake === undefined ? { family, key } : { family, key, wake };
  }
}

/** A frame that is being read. */
class Reading {
  readonly #numbers: ArrayLike<number>;
  readonly #values: readonly unknown[];
  readonly #told: ToldShapes;
  #nextNumber = 1;
  #nextValue: number;
  #before: unknown = null;

  constructor({ numbers, values }: Packed, told: ToldShapes) {
    this.#numbers = numbers;
    this.#values = values;
    this.#told = told;
    this.#nextValue = numbers[0] ?? 0;
  }

  get done(): boolean {
    return this.#nextNumber >= this.#numbers.length;
  }

  number(): number {
    return this.#numbers[this.#nextNumber++] as number;
  }

  value(): unknown {
    return this.#values[this.#nextValue++];
  }

  text(): string {
    return this.#values[this.number()] as string;
  }

  body(): unknown {
    const what = this.number();
    if (what === numeral) return this.number();
    if (what === sameAgain) return this.#before;
    const body = what === asItIs ? this.value() : this.#fields(this.#values[what - shaped] as string);
    if (typeof body === 'object' && body !== null) this.#before = body;
    return body;
  }

  #fields(text: string): Fields {
    const { keys, numeric } = this.#told.read(text);
    const body: Fields = {};
    for (let field = 0; field < keys.length; field++) {
      body[keys[field] as string] = numeric[field] ? this.number() : this.value();
    }
    return body;
  }
}

function pidAt({ node, thread, incarnation }: Home, serial: number): Pid {
  return { node, thread, incarnation, serial };
}
