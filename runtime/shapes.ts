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
const readMax = 4_000;
const separator = '\n';

export type Fields = { [key: string]: unknown };

export interface Shape {
  readonly keys: readonly string[];
  readonly numeric: readonly boolean[];
  readonly text: string;
}

/** For the sender: what it has seen under each name. */
export class SeenShapes {
  readonly #names = new Map<string, Shape[]>();

  /** Null: this body crosses as it is. */
  under(name: string, body: object): Shape[] | null {
    if (Object.getPrototypeOf(body) !== Object.prototype) return null;
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    if (this.#names.size === namesMax) return null;
    const shapes: Shape[] = [];
    this.#names.set(name, shapes);
    return shapes;
  }
}

/** One more shape under a name, if there is room for it; null when its bodies cross as they are. */
export function learn(shapes: Shape[], body: Fields): Shape | null {
  if (shapes.length === shapesPerNameMax) return null;
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

/** For the receiver: what it was told, so that it reads each text once. */
export class ToldShapes {
  readonly #texts = new Map<string, Shape>();

  read(text: string): Shape {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    const fields = text === '' ? [] : text.split(separator);
    const keys = fields.map((field) => field.slice(0, -1));
    const shape = { keys, numeric: fields.map((field) => field.endsWith('#')), text };
    if (this.#texts.size < readMax) this.#texts.set(text, shape);
    return shape;
  }
}
