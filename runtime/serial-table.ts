// Owns a table by serial number: the actors of a thread, the children of a parent, the calls that wait for an answer.
// It never gives out numbers; it relies on their growing by about one, and is correct for any others too.
//
//   serial 130 --> page 2 [128 .. 191] --> slot 2        a page goes when it is empty, unless it is the newest
//
// Not a Map: one that lives long and changes fast is copied every few hundred entries, the copies are old for the
// collector, and what they still point to outlives its actor. 100 actors spawned and ended at a time: 2.3 us each with
// a Map, of which half was collecting; and 8 bytes for each of many idle actors instead of 42.

const slotsBits = 6;
const slots = 2 ** slotsBits;
const foundSlots = 128;

/** Of which pages are copies, never written to itself: one takes 62 ns, and 224 to fill. */
const blank: undefined[] = new Array(slots).fill(undefined);

class Page<T> {
  /** The serial of its first slot. */
  first: number;
  readonly items: (T | undefined)[] = blank.slice();
  size = 0;

  constructor(first: number) {
    this.first = first;
  }
}

export class SerialTable<T> {
  readonly #pages = new Map<number, Page<T>>();
  #newest: Page<T> | null = null;
  /** The last one that was emptied waits here for its next number. */
  #spare: Page<T> | null = null;
  /** Those that were found before, by the low bits of their number: a search costs as much as five messages. */
  #found: (Page<T> | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(serial: number): T | undefined {
    return this.#page(serial)?.items[serial & (slots - 1)];
  }

  set(serial: number, item: T): void {
    const page = this.#page(serial) ?? this.#open(firstOf(serial));
    const slot = serial & (slots - 1);
    if (page.items[slot] === undefined) {
      page.size++;
      this.#size++;
    }
    page.items[slot] = item;
  }

  /** False when nothing was there. */
  delete(serial: number): boolean {
    const page = this.#page(serial);
    const slot = serial & (slots - 1);
    if (page === undefined || page.items[slot] === undefined) return false;
    page.items[slot] = undefined;
    page.size--;
    this.#size--;
    if (page.size === 0 && page !== this.#newest) this.#close(page);
    return true;
  }

  /** Its pages too: an old one that is dead keeps alive what it points to until the next full collection. */
  clear(): void {
    for (const page of this.#pages.values()) page.items.fill(undefined);
    this.#pages.clear();
    this.#newest = null;
    this.#found = [];
    this.#size = 0;
  }

  /** What is added meanwhile may be missed or given twice (who minds makes a copy first); what is deleted is not given. */
  *values(): Generator<T> {
    for (const page of this.#pages.values()) {
      for (const item of page.items) {
        if (item !== undefined) yield item;
      }
    }
  }

  #page(serial: number): Page<T> | undefined {
    if (isOn(this.#newest, serial)) return this.#newest;
    const found = this.#found[foundAt(serial)];
    return isOn(found, serial) ? found : this.#search(serial);
  }

  #search(serial: number): Page<T> | undefined {
    const page = this.#pages.get(firstOf(serial));
    if (page === undefined) return undefined;
    if (this.#found.length === 0) this.#found = new Array(foundSlots).fill(undefined);
    this.#found[foundAt(serial)] = page;
    return page;
  }

  #open(first: number): Page<T> {
    const page = this.#spare ?? new Page<T>(first);
    this.#spare = null;
    page.first = first;
    this.#pages.set(first, page);
    const before = this.#newest;
    if (before === null || first > before.first) {
      this.#newest = page;
      if (before?.size === 0) this.#close(before);
    }
    return page;
  }

  #close(page: Page<T>): void {
    this.#pages.delete(page.first);
    if (this.#found[foundAt(page.first)] === page) this.#found[foundAt(page.first)] = undefined;
    this.#spare = page;
  }
}

/** Without a division, which was a tenth of a plain spawn. */
function isOn<T>(page: Page<T> | null | undefined, serial: number): page is Page<T> {
  if (page == null) return false;
  const slot = serial - page.first;
  return slot >= 0 && slot < slots;
}

function foundAt(serial: number): number {
  return (serial >>> slotsBits) & (foundSlots - 1);
}

function firstOf(serial: number): number {
  return Math.floor(serial / slots) * slots;
}
