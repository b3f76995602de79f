// Owns a queue in a ring of slots that grows by doubling: arrival order, and nothing is moved when the first one leaves.
// It has no limit of its own; who fills it has.
//
//   [ d | e |   | b | c ]        first: 3, length: 4; a place is found without a division, since the slots are 2^n
//          ^      ^
//         push   shift

const firstSlots = 4;

export class Ring<T> {
  #slots: (T | undefined)[] = new Array(firstSlots);
  #first = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get slots(): number {
    return this.#slots.length;
  }

  push(item: T): void {
    if (this.#length === this.#slots.length) this.#grow(this.#slots);
    this.#slots[(this.#first + this.#length) & (this.#slots.length - 1)] = item;
    this.#length++;
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#slots[this.#first];
    this.#slots[this.#first] = undefined;
    this.#first = (this.#first + 1) & (this.#slots.length - 1);
    this.#length--;
    return item;
  }

  #grow(old: readonly (T | undefined)[]): void {
    const slots: (T | undefined)[] = new Array(old.length * 2);
    for (let i = 0; i < this.#length; i++) slots[i] = old[(this.#first + i) & (old.length - 1)];
    this.#slots = slots;
    this.#first = 0;
  }
}
