// Owns what a browser keeps for one site: `parla:<site>:<key>` in local storage, or memory where that is refused.
// It writes nothing to the device before the visitor has opened the panel, unless the site has consent.

/** v: visitor token; c: cursor and last messages; q: what is not acknowledged; ui: open, draft, mute; l: the leading tab. */
export type ShelfKey = 'v' | 'c' | 'q' | 'ui' | 'l';
export type Consent = 'none' | 'interaction' | 'full';

const keys: readonly ShelfKey[] = ['v', 'c', 'q', 'ui', 'l'];

export class Shelf {
  readonly #prefix: string;
  readonly #consent: Consent;
  readonly #memory = new Map<ShelfKey, string>();
  #storage: Storage | null;

  constructor(site: string, consent: Consent) {
    this.#prefix = `parla:${site}:`;
    this.#consent = consent;
    this.#storage = null;
    if (consent === 'full' || (consent === 'interaction' && storedBefore(this.#prefix))) this.allow();
  }

  /** From here on the device may keep things; what memory held so far goes along. */
  allow(): void {
    if (this.#consent === 'none' || this.#storage !== null) return;
    this.#storage = localArea();
    for (const [key, value] of this.#memory) this.write(key, value);
  }

  /** Other tabs read and write the same values. */
  get shared(): boolean {
    return this.#storage !== null;
  }

  read(key: ShelfKey): string | null {
    const kept = this.#attempt((area) => area.getItem(this.#prefix + key));
    return kept ?? this.#memory.get(key) ?? null;
  }

  write(key: ShelfKey, value: string | null): void {
    if (value === null) this.#memory.delete(key);
    else this.#memory.set(key, value);
    this.#attempt((area) =>
      value === null ? area.removeItem(this.#prefix + key) : area.setItem(this.#prefix + key, value),
    );
    // What another tab wrote must not be hidden by an older value of this one.
    if (this.#storage !== null && this.#attempt((area) => area.getItem(this.#prefix + key)) === value)
      this.#memory.delete(key);
  }

  wipe(): void {
    for (const key of keys) this.write(key, null);
    this.#memory.clear();
    const area = localArea();
    for (const key of keys) area?.removeItem(this.#prefix + key);
  }

  /** Storage can fail at any moment (full, revoked): memory goes on alone then. */
  #attempt<T>(use: (area: Storage) => T): T | null {
    if (this.#storage === null) return null;
    try {
      return use(this.#storage);
    } catch {
      return null;
    }
  }
}

function storedBefore(prefix: string): boolean {
  const area = localArea();
  return area !== null && keys.some((key) => area.getItem(prefix + key) !== null);
}

/** Reading the property itself throws where storage is denied. */
function localArea(): Storage | null {
  try {
    localStorage.getItem('parla');
    return localStorage;
  } catch {
    return null;
  }
}
