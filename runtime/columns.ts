// Owns the columns of one frame while it is written and while it is read: numbers in one, all else in the other.
// It knows names, keys and bodies; what a message is, frames.ts knows.

import type { Key } from './address.ts';
import { objectArray } from './object-array.ts';
import { type Columns, type Fields, learn, type SeenShapes, type Shape } from './shapes.ts';
import type { TextsHeard, TextsTold } from './texts.ts';

/** What a body is: one of these, or, from `shaped` on, the place of its shape among the texts. */
const asItIs = 0;
const numeral = 1;
/** The very object of the body before: what many are told is copied once. */
const sameAgain = 2;
const shaped = 3;

const misfit = -1;
/** Shorter than this, a typed array costs more than it saves. */
const typedFromNumbers = 64;
const wakes: readonly (boolean | undefined)[] = [undefined, false, true];

/**
 * What is posted: an acknowledgement, how many texts are new and these with their places, and the two columns; or, when
 * there are few numbers, how many, and both columns in line. One array costs the port less than three.
 */
export type Packed = readonly unknown[];

export function ackIn(packed: Packed): number {
  return packed[0] as number;
}

/** A frame that is being written. */
export class Draft {
  paper: Float64Array;
  readonly values = objectArray<unknown>();
  readonly #seen: SeenShapes;
  readonly #told: TextsTold;
  #texts: Map<string, number> | null = null;
  #written = 0;
  #before: unknown = null;
  /** What goes from one thread to another in one turn has mostly one family, one name and one shape. */
  #familyBefore: string | null = null;
  #familyPlace = 0;
  #nameBefore: string | null = null;
  #namePlace = 0;
  #shapeBefore: Shape | null = null;
  #shapePlace = 0;

  constructor(seen: SeenShapes, told: TextsTold, paper: Float64Array) {
    this.#seen = seen;
    this.#told = told;
    this.paper = paper;
  }

  /** Null: it tells none that is new. */
  get texts(): ReadonlyMap<string, number> | null {
    return this.#texts;
  }

  number(value: number): void {
    if (this.#written === this.paper.length) this.#morePaper();
    this.paper[this.#written++] = value;
  }

  key({ family, key, wake }: Key): void {
    if (family !== this.#familyBefore) {
      this.#familyPlace = this.#place(family);
      this.#familyBefore = family;
    }
    this.number(this.#familyPlace);
    this.number(wakes.indexOf(wake));
    this.values.push(key);
  }

  said(name: string, body: unknown): void {
    if (name !== this.#nameBefore) {
      this.#namePlace = this.#place(name);
      this.#nameBefore = name;
    }
    this.number(this.#namePlace);
    this.body(name, body);
  }

  body(name: string, body: unknown): void {
    if (typeof body === 'number') {
      this.number(numeral);
      this.number(body);
      return;
    }
    if (typeof body === 'object' && body !== null) {
      if (body === this.#before) {
        this.number(sameAgain);
        return;
      }
      this.#before = body;
      if (this.#inShape(name, body)) return;
    }
    this.number(asItIs);
    this.values.push(body);
  }

  done(ack: number): Packed {
    const packed = objectArray<unknown>();
    packed.push(ack, this.#texts?.size ?? 0);
    if (this.#texts !== null) for (const [text, place] of this.#texts) packed.push(place, text);
    if (this.#written >= typedFromNumbers) {
      packed.push(this.paper.slice(0, this.#written), this.values);
      return packed;
    }
    packed.push(this.#written);
    for (let i = 0; i < this.#written; i++) packed.push(this.paper[i]);
    for (const value of this.values) packed.push(value);
    return packed;
  }

  #morePaper(): void {
    const more = new Float64Array(this.paper.length * 2);
    more.set(this.paper);
    this.paper = more;
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
  #fields(shape: Shape, body: Fields): boolean {
    const { keys, numeric } = shape;
    const written = this.#written;
    const values = this.values.length;
    this.number(shaped + this.#placeOf(shape));
    let field = 0;
    for (const key in body) {
      const value = body[key];
      if (key !== keys[field] || (typeof value === 'number') !== numeric[field]) {
        field = misfit;
        break;
      }
      if (typeof value === 'number') this.number(value);
      else this.values.push(value);
      field++;
    }
    if (field === keys.length && isOwn(body, keys)) return true;
    this.#written = written;
    this.values.length = values;
    return false;
  }

  #placeOf(shape: Shape): number {
    if (shape !== this.#shapeBefore) {
      this.#shapePlace = this.#place(shape.text);
      this.#shapeBefore = shape;
    }
    return this.#shapePlace;
  }

  #place(text: string): number {
    const known = this.#told.placeOf(text) ?? this.#texts?.get(text);
    if (known !== undefined) return known;
    this.#texts ??= new Map();
    const place = this.#told.newPlace(this.#texts.size);
    this.#texts.set(text, place);
    return place;
  }
}

/** A frame that is being read. */
export class Reading implements Columns {
  readonly #numbers: ArrayLike<unknown>;
  readonly #values: readonly unknown[];
  readonly #heard: TextsHeard;
  #nextNumber = 0;
  readonly #lastNumber: number;
  #nextValue = 0;
  #before: unknown = null;

  constructor(packed: Packed, heard: TextsHeard) {
    this.#heard = heard;
    let at = 2;
    for (let texts = packed[1] as number; texts > 0; texts--) {
      heard.hear(packed[at++] as number, packed[at++] as string);
    }
    const numbers = packed[at++] as number | Float64Array;
    if (typeof numbers === 'number') {
      this.#numbers = packed;
      this.#values = packed;
      this.#nextNumber = at;
      this.#lastNumber = at + numbers;
      this.#nextValue = this.#lastNumber;
    } else {
      this.#numbers = numbers;
      this.#values = packed[at] as readonly unknown[];
      this.#lastNumber = numbers.length;
    }
  }

  get done(): boolean {
    return this.#nextNumber >= this.#lastNumber;
  }

  number(): number {
    return this.#numbers[this.#nextNumber++] as number;
  }

  value(): unknown {
    return this.#values[this.#nextValue++];
  }

  text(): string {
    return this.#heard.at(this.number());
  }

  key(): Key {
    const family = this.text();
    const wake = wakes[this.number()];
    const key = this.value() as string;
    return wake === undefined ? { family, key } : { family, key, wake };
  }

  body(): unknown {
    const what = this.number();
    if (what === numeral) return this.number();
    if (what === sameAgain) return this.#before;
    const body = what === asItIs ? this.value() : this.#heard.shapeAt(what - shaped).read(this);
    if (typeof body === 'object' && body !== null) this.#before = body;
    return body;
  }
}

/** What an object inherits is no part of it, and comes after all that is its own. */
function isOwn(body: Fields, keys: readonly string[]): boolean {
  const last = keys.at(-1);
  return last === undefined || Object.hasOwn(body, last);
}
