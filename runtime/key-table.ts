// Owns a table of what has a key, looked up by the stable hash of that key and then by the key itself.
// It never hands a key to a Map, unless two keys have one hash: then a Map of V8's, seeded, takes over for these.
//
// A Map makes each string that it is asked for one of V8's interned ones, and a key that came from another thread is a
// new string every time: 0.35 us for each message to a key, where hash and comparison take 0.19; 0.5 and 0.25 us for a
// key's first (10,000 keys of 6 and 24 characters, medians). Nor do the keys of all members stay behind as interned.

/** An actor without a key is in no such table. */
interface Keyed {
  readonly key: string | null;
}

export class KeyTable<T extends Keyed> {
  readonly #byHash = new Map<number, T | Map<string | null, T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(hash: number, key: string): T | undefined {
    const found = this.#byHash.get(hash);
    if (found === undefined) return undefined;
    if (found instanceof Map) return found.get(key);
    return found.key === key ? found : undefined;
  }

  /** False when the key is there already; nothing was done. */
  add(hash: number, key: string, item: T): boolean {
    const found = this.#byHash.get(hash);
    if (found === undefined) this.#byHash.set(hash, item);
    else if (found instanceof Map ? found.has(key) : found.key === key) return false;
    else if (found instanceof Map) found.set(key, item);
    else
      this.#byHash.set(
        hash,
        new Map([
          [found.key, found],
          [key, item],
        ]),
      );
    this.#size++;
    return true;
  }

  delete(hash: number, key: string): void {
    const found = this.#byHash.get(hash);
    const deleted = found instanceof Map ? found.delete(key) : found?.key === key && this.#byHash.delete(hash);
    if (!deleted) return;
    if (found instanceof Map && found.size === 0) this.#byHash.delete(hash);
    this.#size--;
  }

  clear(): void {
    this.#byHash.clear();
    this.#size = 0;
  }

  /** A copy: whoever goes through it may change the table. */
  values(): T[] {
    return [...this.#byHash.values()].flatMap((found) => (found instanceof Map ? [...found.values()] : [found]));
  }
}
