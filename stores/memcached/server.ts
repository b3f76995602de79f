// Owns one memcached server behind its gate: values in envelopes, under keys that bear the server's epoch.
// It never answers with a value that an outage may have left behind.
//
// The epoch is a random name in the server itself, under a key of its own, and part of every other key. A node that may
// have missed a write (its client was lost, or a write got no answer) cannot say which values are old: it sets a new epoch
// before it reads again, and everything older is a miss for everybody. It lives there, and not in this process, because
// the nodes share the values and so must share their end: each looks every second. It is random, and not a number that
// grows, because a server that forgot the number would begin again with one under which values may still lie.

import type { Found, GateStatus, Kept } from '../../actors/mod.ts';
import { openEnvelope, type Stamp, sealEnvelope } from '../envelope.ts';
import { Gate, type GateOptions, type GateResult } from '../gate/mod.ts';
import { storageKey } from '../keys.ts';
import { judge, MemcachedError } from './errors.ts';
import { MemjsClient } from './memjs-client.ts';

export interface MemcachedServerOptions extends Pick<GateOptions<unknown>, 'onChange' | 'count'> {
  readonly host: string;
  readonly port: number;
  readonly prefix: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly newEpoch: () => string;
  /** Writes may have been lost before this began. */
  readonly doubtful: boolean;
}

export interface Value {
  readonly body: object;
  readonly stamp: Omit<Stamp, 'until'>;
  readonly ttlMs: number;
}

/**
 * Within the 250 ms that all caches have together, with time to tell. A probe has no more: a server that answers slower
 * than its callers wait would be found well by each probe, and be late for each of them.
 */
const answerMsMax = 200;
const pendingMax = 1_000;
/** As many calls with the largest values would hold a gigabyte. */
const pendingBytesMax = 16 * 1_024 * 1_024;
export const valueBytesMax = 1_000_000;
/** memcached takes a longer time for a date (protocol.txt, expiration times). */
const expirySecondsMax = 30 * 24 * 3_600;

interface Client {
  readonly memjs: MemjsClient;
  epoch: string;
}

export class MemcachedServer {
  readonly #options: MemcachedServerOptions;
  readonly #gate: Gate<Client>;
  /** Writes of which nobody knows what became of them, and how many of them the epoch of now has ended. */
  #losses: number;
  #lossesEnded = 0;
  #renewing = false;
  #pendingBytes = 0;

  constructor(options: MemcachedServerOptions) {
    this.#options = options;
    this.#losses = options.doubtful ? 1 : 0;
    const { host, port, onChange, count } = options;
    this.#gate = new Gate<Client>({
      backend: 'memcached',
      target: `${host}:${port}`,
      open: (failed, opening) => this.#open(failed, opening),
      close: ({ memjs }) => memjs.destroy(),
      probe: ({ memjs }) => memjs.get(this.#epochKey()),
      probeMs: answerMsMax,
      judge,
      pendingMax,
      ...(onChange === undefined ? {} : { onChange }),
      ...(count === undefined ? {} : { count }),
    });
  }

  status(): GateStatus {
    return this.#gate.status();
  }

  close(): void {
    this.#gate.close();
  }

  async read(key: string): Promise<Found<unknown>> {
    if (this.#isDoubtful) {
      this.refresh();
      return { copy: null, reason: 'doubtful' };
    }
    const result = await this.#gate.run(async ({ memjs, epoch }) => {
      const name = this.#nameOf(key, epoch);
      const bytes = await memjs.get(name);
      return bytes === null ? null : openEnvelope(name, bytes, this.#options.now());
    }, answerMsMax);
    if (!result.ok) return { copy: null, reason: result.reason };
    if (result.value === null) return { copy: null, reason: 'absent' };
    return result.value.ok ? { copy: result.value.body, reason: 'hit' } : { copy: null, reason: result.value.reason };
  }

  /** A value that is too large, or whose time is over, takes the older one with it: that is no longer true. */
  async put(key: string, value: Value): Promise<Kept> {
    let bytes = 0;
    const result = await this.#gate.run(({ memjs, epoch }) => {
      const name = this.#nameOf(key, epoch);
      const sealed = this.#seal(name, value);
      if (value.ttlMs <= 0 || sealed.length > valueBytesMax) return memjs.delete(name).then(() => false);
      bytes = sealed.length;
      this.#pendingBytes += bytes;
      if (this.#pendingBytes > pendingBytesMax) throw tooManyBytes;
      // The envelope has the exact time; the server's, in whole seconds, must not end before it.
      const seconds = Math.min(Math.ceil(value.ttlMs / 1_000) + 1, expirySecondsMax);
      return memjs.set(name, sealed, seconds).then(() => true);
    }, answerMsMax);
    this.#pendingBytes -= bytes;
    this.#noteLoss(result);
    if (result.ok && result.value) return { kept: true, reason: 'kept' };
    if (result.ok) return { kept: false, reason: value.ttlMs <= 0 ? 'expired' : 'tooLarge' };
    return { kept: false, reason: result.error instanceof MemcachedError ? result.error.code : result.reason };
  }

  async forget(key: string): Promise<void> {
    const result = await this.#gate.run(({ memjs, epoch }) => memjs.delete(this.#nameOf(key, epoch)), answerMsMax);
    this.#noteLoss(result);
  }

  /** Looks whether another node has set a new epoch, or sets one where this node may have missed a write. */
  refresh(): void {
    if (this.#renewing || !this.#gate.serves) return;
    this.#renewing = true;
    const renewed = this.#gate.run(async (client) => {
      await this.#renew(client.memjs, (epoch) => {
        client.epoch = epoch;
      });
    }, answerMsMax);
    void renewed.then(() => {
      this.#renewing = false;
    });
  }

  get #isDoubtful(): boolean {
    return this.#losses > this.#lossesEnded;
  }

  async #open(failed: (error: unknown) => void, opening: (end: () => void) => void): Promise<Client> {
    const { client: memjs, connected } = MemjsClient.connect(this.#options, failed);
    opening(() => memjs.destroy());
    await connected;
    const client = { memjs, epoch: '' };
    await this.#renew(memjs, (epoch) => {
      client.epoch = epoch;
    });
    return client;
  }

  /** `use` takes the epoch into use before anybody is told that there is no doubt any more. */
  async #renew(memjs: MemjsClient, use: (epoch: string) => void): Promise<void> {
    const losses = this.#losses;
    if (this.#isDoubtful) {
      const epoch = this.#options.newEpoch();
      await memjs.set(this.#epochKey(), this.#sealedEpoch(epoch), 0);
      use(epoch);
      this.#lossesEnded = Math.max(this.#lossesEnded, losses);
    } else {
      use(await this.#sharedEpoch(memjs));
    }
  }

  /** What is there; where nobody has set one, or it was forgotten, a new one. */
  async #sharedEpoch(memjs: MemjsClient): Promise<string> {
    const key = this.#epochKey();
    const bytes = await memjs.get(key);
    const found = bytes === null ? null : openEnvelope(key, bytes, this.#options.now());
    if (found?.ok && typeof found.body === 'string') return found.body;
    const epoch = this.#options.newEpoch();
    const sealed = this.#sealedEpoch(epoch);
    if (bytes !== null) await memjs.set(key, sealed, 0);
    // Of two nodes that find nothing at once, both take what the first of them added.
    else if (!(await memjs.add(key, sealed))) return this.#sharedEpoch(memjs);
    return epoch;
  }

  #seal(name: string, { body, stamp, ttlMs }: Value): Buffer {
    return sealEnvelope(name, { ...stamp, until: Math.max(1, Math.ceil(this.#options.now() + ttlMs)) }, body);
  }

  #sealedEpoch(epoch: string): Buffer {
    return sealEnvelope(this.#epochKey(), { version: 0, fence: 0, until: 0 }, epoch);
  }

  #epochKey(): string {
    return storageKey(`${this.#options.prefix}epoch`);
  }

  #nameOf(key: string, epoch: string): string {
    return storageKey(`${this.#options.prefix}${epoch}:${key}`);
  }

  /** A server that refused a write has nothing under its key. Of any other write that failed nobody knows. */
  #noteLoss(result: GateResult<unknown>): void {
    if (!result.ok && (result.reason !== 'answer' || result.error === tooManyBytes)) this.#losses += 1;
  }
}

/** Refused on this side, before the server heard of it. */
const tooManyBytes = new MemcachedError({ code: 'overload', verdict: 'answer' });
