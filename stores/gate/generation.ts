// Owns one life of a client: from `open` until it is retired, and who waits for it to be there.
// What comes from it after that is ignored: the client is destroyed whole, with its sockets, buffers and waiters.

import type { GateOptions } from './options.ts';

type Opening<Client> = Pick<GateOptions<Client>, 'open' | 'close'>;

export class Generation<Client> {
  readonly #close: (client: Client) => void;
  #client: { readonly it: Client } | null = null;
  #waiting: ((client: Client) => void)[] = [];
  #alive = true;

  constructor({ open, close }: Opening<Client>, failed: (generation: Generation<Client>, error: unknown) => void) {
    this.#close = close;
    const broke = (error: unknown) => {
      if (this.#alive) failed(this, error);
    };
    // A turn later, so that its owner knows it before it can fail.
    Promise.resolve()
      .then(() => open(broke))
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
    const client = this.#client;
    this.#client = null;
    if (client !== null) this.#close(client.it);
  }

  #arrived(client: Client): void {
    if (!this.#alive) {
      this.#close(client);
      return;
    }
    this.#client = { it: client };
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const work of waiting) if (this.#alive) work(client);
  }
}
