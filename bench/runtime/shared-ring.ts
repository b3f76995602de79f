// Owns the anchor for what shared memory could do between two threads: one ring of bytes each way, one writer and one
// reader each. It is what the runtime does not use (transport.ts says why), kept so that the choice can be measured again.
//
//   send: length, bytes, then the written mark; notify only if the reader sleeps
//   read: polled by setImmediate while traffic is recent, then Atomics.waitAsync under a port that keeps the loop alive

import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { medianRoundTrip } from './bare.ts';
import { type Contender, rate } from './round.ts';

const ringBytes = 2 ** 20;
const markWords = 4;
const written = 0;
const read = 1;
const asleep = 2;
const lengthBytes = 4;
const wrapped = 0xffff_ffff;
const awakeMs = 0.05;
const batchMessages = 250;

export class Ring {
  readonly #marks: Int32Array;
  readonly #bytes: Buffer;
  #at = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#marks = new Int32Array(memory, 0, markWords);
    this.#bytes = Buffer.from(memory, markWords * Int32Array.BYTES_PER_ELEMENT, ringBytes);
  }

  /** False when there is no room for it now. */
  send(text: string): boolean {
    const size = lengthBytes + ((text.length + 3) & ~3);
    const place = this.#at % ringBytes;
    const skipped = place + size + lengthBytes > ringBytes ? ringBytes - place : 0;
    if (this.#at + skipped + size - Atomics.load(this.#marks, read) > ringBytes) return false;
    if (skipped > 0) this.#bytes.writeUInt32LE(wrapped, place);
    this.#at += skipped;
    const start = this.#at % ringBytes;
    this.#bytes.writeUInt32LE(text.length, start);
    this.#bytes.write(text, start + lengthBytes, 'latin1');
    this.#at += size;
    Atomics.store(this.#marks, written, this.#at);
    if (Atomics.exchange(this.#marks, asleep, 0) === 1) Atomics.notify(this.#marks, asleep);
    return true;
  }

  /** Hands over everything that has been written; false when there was nothing. */
  take(arrived: (text: string) => void): boolean {
    const end = Atomics.load(this.#marks, written);
    if (this.#at === end) return false;
    while (this.#at !== end) {
      const start = this.#at % ringBytes;
      const length = this.#bytes.readUInt32LE(start);
      if (length === wrapped) {
        this.#at += ringBytes - start;
        continue;
      }
      arrived(this.#bytes.toString('latin1', start + lengthBytes, start + lengthBytes + length));
      this.#at += lengthBytes + ((length + 3) & ~3);
    }
    Atomics.store(this.#marks, read, this.#at);
    return true;
  }

  /** Reads from now on, until the process ends. */
  poll(arrived: (text: string) => void): void {
    let lastAt = 0;
    const turn = () => {
      if (this.take(arrived)) lastAt = performance.now();
      if (performance.now() - lastAt < awakeMs) setImmediate(turn);
      else this.#sleep(turn);
    };
    turn();
  }

  #sleep(turn: () => void): void {
    Atomics.store(this.#marks, asleep, 1);
    if (Atomics.load(this.#marks, written) !== this.#at) {
      setImmediate(turn);
      return;
    }
    const woken = Atomics.waitAsync(this.#marks, asleep, 1);
    if (woken.async) void woken.value.then(turn);
    else setImmediate(turn);
  }
}

export function ringMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(markWords * Int32Array.BYTES_PER_ELEMENT + ringBytes);
}

export class RingThread {
  readonly #there = ringMemory();
  readonly #back = ringMemory();
  readonly #worker = new Worker(new URL('./shared-ring-thread.ts', import.meta.url), {
    workerData: { there: this.#there, back: this.#back },
  });
  readonly #out = new Ring(this.#there);
  #answered: () => void = () => undefined;

  constructor() {
    new Ring(this.#back).poll(() => this.#answered());
  }

  /** Encoded in batches: JSON for objects, which measured best for text; a body that is text already goes by itself. */
  cast(size: number, message: (i: number) => unknown): Contender {
    const work = async () => {
      for (let sent = 0; sent < size; ) {
        const first = message(sent);
        if (typeof first === 'string') {
          if (!this.#out.send(first)) await this.#sendLater(first);
          sent++;
        } else {
          const batch = JSON.stringify(Array.from({ length: batchMessages }, (_, i) => message(sent + i)));
          if (!this.#out.send(batch)) await this.#sendLater(batch);
          sent += batchMessages;
        }
      }
      await this.#ask();
    };
    return { name: 'shared ring', round: () => rate(size, work) };
  }

  roundTrip(size: number, idleMs = 0): Contender {
    return { name: 'shared ring', round: () => medianRoundTrip(size, idleMs, () => this.#ask()) };
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  #ask(): Promise<void> {
    return new Promise((resolve) => {
      this.#answered = resolve;
      if (!this.#out.send('?')) void this.#sendLater('?');
    });
  }

  /** The ring was full: the reader needs a moment. */
  async #sendLater(text: string): Promise<void> {
    do await nextTurn();
    while (!this.#out.send(text));
  }
}
