// Owns which fields the bodies of a message have, and which of them are numbers: the sender learns it from the first
// bodies, the receiver is told it in words. It copies no value and knows nothing of frames.
//
//   { by: 1, id: 'a1', seq: 7 }  -->  by#\nid=\nseq#     # a number, = anything else
//
// It is what an inline cache of a compiler is to a property: most messages of one name have the same few shapes.

/** Bodies of one name that differ more than this cross as they are: nothing is learned from a dictionary. */
const shapesPerNameMax = 4;
const namesMax = 1_000;
const fieldsMax = 16;
const separator = '\n';
/**
 * From then on the bodies of a shape come from an object literal that is compiled for it, as msgpackr does for records:
 * 30 ns for a body of four fields, where giving an object one field after the other takes 110.
 */
const oneByOneReads = 32;

export type Fields = { [key: string]: unknown };

export interface Shape {
  readonly keys: readonly string[];
  readonly numeric: readonly boolean[];
  readonly text: string;
}

/** For the sender: what it has seen under each name. */
export class SeenShapes {
  readonly #names = new Map<string, Shape[]>();
  #nameBefore: string | null = null;
  #shapesBefore: Shape[] = [];

  /**
   * Null: this body crosses as it is. That it is a plain object is only supposed here, and known when its shape is
   * learned: to ask each for its prototype was 6 % of the sender of many casts.
   */
  under(name: string, body: object): Shape[] | null {
    if (body.constructor !== Object) return null;
    if (name === this.#nameBefore) return this.#shapesBefore;
    let shapes = this.#names.get(name);
    if (shapes === undefined) {
      if (this.#names.size === namesMax) return null;
      shapes = [];
      this.#names.set(name, shapes);
    }
    this.#nameBefore = name;
    this.#shapesBefore = shapes;
    return shapes;
  }
}

/** One more shape under a name, if there is room for it; null when its bodies cross as they are. */
export function learn(shapes: Shape[], body: Fields): Shape | null {
  if (shapes.length === shapesPerNameMax || Object.getPrototypeOf(body) !== Object.prototype) return null;
  const keys = Object.keys(body);
  // Assigned to an object, `__proto__` would be no field of it.
  const plain = keys.every((key) => key !== '__proto__' && !key.includes(separator));
  if (!plain || keys.length > fieldsMax) return null;
  const numeric = keys.map((key) => typeof body[key] === 'number');
  const text = keys.map((key, i) => `${key}${numeric[i] ? '#' : '='}`).join(separator);
  const shape = { keys, numeric, text };
  shapes.push(shape);
  return shape;
}

/** Where the fields of bodies lie, in their order. */
export interface Columns {
  number(): number;
  value(): unknown;
}

type Maker = (columns: Columns) => Fields;

/** For the receiver: how bodies of one shape are made. */
export class ToldShape {
  readonly #keys: readonly string[];
  readonly #numeric: readonly boolean[];
  #reads = 0;
  #make: Maker;

  constructor(text: string) {
    const fields = text === '' ? [] : text.split(separator);
    this.#keys = fields.map((field) => field.slice(0, -1));
    this.#numeric = fields.map((field) => field.endsWith('#'));
    this.#make = (columns) => this.#oneByOne(columns);
  }

  read(columns: Columns): Fields {
    if (this.#reads < oneByOneReads && ++this.#reads === oneByOneReads) this.#make = this.#literal() ?? this.#make;
    return this.#make(columns);
  }

  #oneByOne(columns: Columns): Fields {
    const body: Fields = {};
    for (const [field, key] of this.#keys.entries()) {
      body[key] = this.#numeric[field] ? columns.number() : columns.value();
    }
    return body;
  }

  /** Null where no code may be made of text. */
  #literal(): Maker | null {
    const fields = this.#keys.map(
      (key, i) => `${JSON.stringify(key)}: columns.${this.#numeric[i] ? 'number' : 'value'}()`,
    );
    try {
      return new Function('columns', `return { ${fields.join(', ')} };`) as Maker;
    } catch {
      return null;
    }
  }
}
