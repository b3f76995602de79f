// Owns the bound of the shapes that one thread runs: the same messages by hand, with nothing but what none can leave out.
// It is no runtime: no links, deadlines, limits, names, counters, fairness or errors, and a handler that throws ends it.

import { type Contender, rate } from './round.ts';

type Message =
  | { readonly name: 'ping' | 'meet' | 'startChild'; readonly from: Address }
  | { readonly name: 'pong' | 'met' | 'done' | 'go' };

/** Data, as a pid is: whoever has it looks the actor up. */
interface Address {
  readonly serial: number;
}

type Receive = (message: Message) => void;

const bigActors = 100;
const chameneos = 100;

/** The least that keeps an order. Slots are 2^n. */
class Queue<T> {
  #slots: (T | undefined)[] = new Array(4);
  #first = 0;
  #length = 0;

  push(item: T): void {
    if (this.#length === this.#slots.length) this.#grow(this.#slots);
    this.#slots[(this.#first + this.#length++) & (this.#slots.length - 1)] = item;
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
    this.#slots = [...old.slice(this.#first), ...old.slice(0, this.#first), ...new Array(old.length)];
    this.#first = 0;
  }
}

class Actor {
  readonly address: Address;
  readonly receive: Receive;
  readonly mailbox = new Queue<Message>();
  queued = false;

  constructor(address: Address, receive: Receive) {
    this.address = address;
    this.receive = receive;
  }
}

class Loop {
  readonly #actors = new Map<number, Actor>();
  readonly #ready = new Queue<Actor>();
  #lastSerial = 0;

  spawn(receive: Receive): Address {
    const address = { serial: ++this.#lastSerial };
    this.#actors.set(address.serial, new Actor(address, receive));
    return address;
  }

  end({ serial }: Address): void {
    this.#actors.delete(serial);
  }

  send({ serial }: Address, message: Message): void {
    const actor = this.#actors.get(serial);
    if (actor === undefined) return;
    actor.mailbox.push(message);
    if (actor.queued) return;
    actor.queued = true;
    this.#ready.push(actor);
  }

  /** Until nobody has a message. */
  run(): void {
    for (let actor = this.#ready.shift(); actor !== undefined; actor = this.#ready.shift()) {
      actor.queued = false;
      for (let next = actor.mailbox.shift(); next !== undefined; next = actor.mailbox.shift()) actor.receive(next);
    }
  }
}

function bareLoop(size: number, shape: (loop: Loop, size: number) => void): Contender {
  const work = async () => {
    const loop = new Loop();
    shape(loop, size);
    loop.run();
  };
  return { name: 'bare loop', round: () => rate(size, work) };
}

export function barePingPong(messages: number): Contender {
  return bareLoop(messages, (loop, size) => {
    let left = size;
    const pong = loop.spawn((message) => {
      if (message.name === 'ping') loop.send(message.from, { name: 'pong' });
    });
    const ping = loop.spawn(() => {
      left -= 2;
      if (left > 0) loop.send(pong, { name: 'ping', from: ping });
    });
    loop.send(pong, { name: 'ping', from: ping });
  });
}

export function bareBig(messages: number): Contender {
  return bareLoop(messages, (loop, size) => {
    const all: Address[] = [];
    const asker = () => {
      let left = size / (2 * bigActors);
      let seed = 0;
      const self = loop.spawn((message) => {
        if (message.name === 'ping') {
          loop.send(message.from, { name: 'pong' });
        } else if (left-- > 0) {
          seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
          loop.send(all[seed % bigActors] as Address, { name: 'ping', from: self });
        }
      });
      return self;
    };
    for (let i = 0; i < bigActors; i++) all.push(asker());
    for (const one of all) loop.send(one, { name: 'go' });
  });
}

/** Without their colours. */
export function bareChameneos(meetings: number): Contender {
  return bareLoop(meetings, (loop, size) => {
    let left = size;
    let first: Address | null = null;
    const mall = loop.spawn((message) => {
      if (message.name !== 'meet' || left === 0) return;
      if (first === null) {
        first = message.from;
        return;
      }
      loop.send(first, { name: 'met' });
      loop.send(message.from, { name: 'met' });
      first = null;
      left--;
    });
    for (let i = 0; i < chameneos; i++) {
      const self: Address = loop.spawn(() => loop.send(mall, { name: 'meet', from: self }));
      loop.send(self, { name: 'met' });
    }
  });
}

export function bareForkJoin(actors: number): Contender {
  return bareLoop(actors, (loop, size) => {
    const driver = loop.spawn(() => undefined);
    for (let i = 0; i < size; i++) {
      const brief: Address = loop.spawn(() => {
        loop.send(driver, { name: 'done' });
        loop.end(brief);
      });
      loop.send(brief, { name: 'go' });
    }
  });
}

/** Each is asked for and answered, and stands in its supervisor's list by id and by address. */
export function bareSupervised(actors: number): Contender {
  return bareLoop(actors, (loop, size) => {
    let left = size;
    const children = new Map<string, { readonly id: string; readonly address: Address }>();
    const running = new Map<number, string>();
    const supervisor = loop.spawn((message) => {
      const id = `w${left}`;
      if (message.name !== 'startChild' || children.has(id)) return;
      const address = loop.spawn(() => undefined);
      children.set(id, { id, address });
      running.set(address.serial, id);
      loop.send(message.from, { name: 'done' });
    });
    const driver = loop.spawn(() => {
      if (left-- > 0) loop.send(supervisor, { name: 'startChild', from: driver });
    });
    loop.send(driver, { name: 'go' });
  });
}
