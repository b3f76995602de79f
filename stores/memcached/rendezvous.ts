// Owns which of several servers has a key: the one that scores highest for it (Thaler and Ravishankar, 1998).
// It never looks at who is alive: a dead server's keys are misses, because keys that move come back to old copies.

const fnvOffset = 0x811c9dc5;
const fnvPrime = 0x01000193;

/** A server that is added or removed moves only the keys that it gets or had. */
export class Rendezvous<Server> {
  readonly #servers: readonly { readonly it: Server; readonly seed: number }[];

  /** By name, so that the order in the configuration does not matter. */
  constructor(servers: readonly Server[], nameOf: (server: Server) => string) {
    if (servers.length === 0) throw new RangeError('there is no server to choose from');
    this.#servers = servers.map((it) => ({ it, seed: hash(nameOf(it)) }));
  }

  of(key: string): Server {
    const keyHash = hash(key);
    let best = this.#servers[0] as { readonly it: Server; readonly seed: number };
    let bestScore = -1;
    for (const server of this.#servers) {
      const score = mix(keyHash ^ server.seed);
      if (score > bestScore) [best, bestScore] = [server, score];
    }
    return best.it;
  }
}

/** FNV-1a over the UTF-16 units. */
function hash(text: string): number {
  let value = fnvOffset;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), fnvPrime);
  return mix(value);
}

/** MurmurHash3's last step: each bit of the input moves half of the bits. */
function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
