// Owns the words of shared memory in which each thread shows that it lives: its beat, its bound, its work.
// It decides nothing: watchdog.ts reads them on the edge, worker.ts writes them.

import { workerData } from 'node:worker_threads';

const wordsPerThread = 8;
const beatWord = 0;
const boundWord = 1;
const taskWord = 2;
const bufferWord = 3;
const workWord = 4;
const heapWord = 5;
const boundMsMax = 2 ** 31 - 1;

/** Where the words of one thread are. */
export interface HeartbeatSeat {
  readonly heartbeats: SharedArrayBuffer;
  readonly thread: number;
}

/** What each worker gets as its workerData, before anybody knows which thread of the node it will be. */
export interface Seat {
  readonly heartbeats: SharedArrayBuffer;
  /** One word: the thread, or 0 while it waits for its life. */
  readonly place: SharedArrayBuffer;
}

export function newSeat(heartbeats: SharedArrayBuffer): Seat {
  return { heartbeats, place: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT) };
}

export function heartbeatMemory(threads: number): SharedArrayBuffer {
  return new SharedArrayBuffer(threads * wordsPerThread * Int32Array.BYTES_PER_ELEMENT);
}

export class Heartbeat {
  readonly #words: Int32Array;
  readonly #base: number;

  constructor({ heartbeats, thread }: HeartbeatSeat) {
    this.#words = new Int32Array(heartbeats);
    this.#base = thread * wordsPerThread;
  }

  beat(): void {
    Atomics.add(this.#words, this.#base + beatWord, 1);
  }

  get beats(): number {
    return this.#read(beatWord);
  }

  /** A message was handled: a sign of life like a beat, as a plain write because it is made for each. */
  progressed(): void {
    const word = this.#base + beatWord;
    this.#words[word] = (this.#words[word] ?? 0) + 1;
  }

  /** The same, for those who ask all the time: a plain read, which may be a moment behind. */
  get pulse(): number {
    return this.#words[this.#base + beatWord] ?? 0;
  }

  /** Milliseconds that a blocking call of this thread may take; 0 for the watchdog's own limit. */
  get boundMs(): number {
    return this.#read(boundWord);
  }

  set boundMs(ms: number) {
    this.#write(boundWord, Math.min(ms, boundMsMax));
  }

  /** The id of the thread for the operating system; 0 when it is unknown. */
  get task(): number {
    return this.#read(taskWord);
  }

  set task(id: number) {
    this.#write(taskWord, id);
  }

  get bufferKib(): number {
    return this.#read(bufferWord);
  }

  set bufferKib(kib: number) {
    this.#write(bufferWord, Math.min(kib, boundMsMax));
  }

  /** Of the old generation, which is what a limit of a heap is about; of all generations while that is far from it. */
  get heapKib(): number {
    return this.#read(heapWord);
  }

  set heapKib(kib: number) {
    this.#write(heapWord, Math.min(kib, boundMsMax));
  }

  /** The hash of the key whose actor is at work; 0 for an actor without a key. */
  get atWork(): number {
    return this.#read(workWord);
  }

  /** A plain write: it is made for each turn, and the watchdog reads it long afterwards. */
  set atWork(hash: number) {
    this.#words[this.#base + workWord] = hash;
  }

  /** A new life begins with clean words. */
  reset(): void {
    for (let word = 1; word < wordsPerThread; word++) this.#write(word, 0);
    this.beat();
  }

  #read(word: number): number {
    return Atomics.load(this.#words, this.#base + word);
  }

  #write(word: number, value: number): void {
    Atomics.store(this.#words, this.#base + word, value);
  }
}

/**
 * Says that this thread may now block for so long (a statement, a fsync); Infinity for no bound. Returns what ends the
 * permission; call it when the work is done. Outside of a thread of a node it does nothing.
 */
export function allowBlocking(ms: number): () => void {
  const seat = (workerData as { readonly seat?: Seat } | null)?.seat;
  const thread = seat === undefined ? 0 : Atomics.load(new Int32Array(seat.place), 0);
  if (seat === undefined || thread === 0) return () => undefined;
  const heartbeat = new Heartbeat({ heartbeats: seat.heartbeats, thread });
  const before = heartbeat.boundMs;
  heartbeat.boundMs = ms;
  return () => {
    heartbeat.boundMs = before;
    heartbeat.beat();
  };
}
