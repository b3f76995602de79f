// Owns the texts that one thread has told another: families, names and shapes, each in words once, by its place then on.
// It never decides what a text is; a frame that was not posted has told nothing.
//
//   told     'sleeper' 0, 'hello' 1         frame: 1 new, 2 = 'by#\nid=' │ castKey 0, 1, shape 2 …
//   heard    0 'sleeper', 1 'hello'         then   2 = by#\nid=
//
// A short frame was mostly texts: they were written, read and looked up in a Map anew each time, and that a string from
// a port must be entered among the names of its thread before a Map finds anything by it is dear.

import { ToldShape } from './shapes.ts';

/** Beyond so many places a text is told in each frame that needs it. */
export const textsMax = 4_000;

/** For the sender. */
export class TextsTold {
  readonly #places = new Map<string, number>();
  #next = 0;

  placeOf(text: string): number | undefined {
    return this.#places.get(text);
  }

  /** For a text that is new in a frame, after so many others: nobody else's, or the frame's own. */
  newPlace(others: number): number {
    return this.#next < textsMax ? this.#next++ : textsMax + others;
  }

  posted(texts: ReadonlyMap<string, number>): void {
    for (const [text, place] of texts) if (place < textsMax) this.#places.set(text, place);
  }
}

/** For the receiver. */
export class TextsHeard {
  readonly #texts: string[] = [];
  readonly #shapes: (ToldShape | undefined)[] = [];

  hear(place: number, text: string): void {
    this.#texts[place] = asName(text);
    this.#shapes[place] = undefined;
  }

  at(place: number): string {
    return this.#texts[place] as string;
  }

  shapeAt(place: number): ToldShape {
    let shape = this.#shapes[place];
    if (shape === undefined) {
      shape = new ToldShape(this.at(place));
      this.#shapes[place] = shape;
    }
    return shape;
  }
}

/** The same text as V8 keeps the names of fields: by it a Map finds at once. */
function asName(text: string): string {
  return Object.keys({ [text]: null })[0] as string;
}
