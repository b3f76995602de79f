// Owns one life of a client: from `open` until it is retired, and who waits for it to be there.
// What comes from it after that is ignored: the client is destroyed whole, with its sockets, buffers and waiters.

import type { GateOptions } from './options.ts';

type Opening<Client> = Pick<GateOptions<Client>, 'open' | 'close'>;

export class Generation<Client> {
  readonly #close: (client: Client) => void;
  #client: { readonly it: Client } | null = null;
  #waiting: ((client: Client) => void)[] = [];
  #alive = true;
  #abandon: (() => void) | null = null;

  constructor({ open, close }: Opening<Client>, failed: (generation: Generation<Client>, error: unknown) => void) {
    this.#close = close;
    const broke = (error: unknown) => {
      if (this.#alive) failed(this, error);
    };
    // A turn later, so that its owner knows it before it can fail.
    Promise.resolve()
      .then(() => open(broke, (end) => this.#opening(end)))
      .then((client) => this.#arrived(client))
      .catch(broke);
  }

  get alive(): boolean {
    return this.#alive;
  }

  use(work: (client: Client) => void): void {
    if (this.#client === null) this.#waiting.push(work);
    else work(this.#client.it);
  }

  retire(): void {
    this.#alive = false;
    this.#waiting = [];
    const [client, abandon] = [this.#client, this.#abandon];
    this.#client = null;
    this.#abandon = null;
    if (client !== null) this.#close(client.it);
    else abandon?.();
  }

  #opening(end: () => void): void {
    if (this.#alive) this.#abandon = end;
    else end();
  }

  #arrived(client: Client): void {
    if (!this.#alive) {
      this.#close(client);
      return;
    }
    this.#client = { it: client };
    this.#abandon = null;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const work of waiting) if (this.#alive) work(client);
  }
}
