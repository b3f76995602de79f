// Owns how copies and blocks are put into Redis and read from it: packed, claimed for this node, never another key's.
// A failure is a reason and no exception; whose a visitor is, Redis decides, not this file.

import type { Kept, Lease, SessionId, Stamp } from '../../actors/mod.ts';
import { openEnvelope, sealEnvelope } from '../envelope.ts';
import { GateError, type GateFailure } from '../gate/mod.ts';
import { blockKey, copyKey, type Kind, leaseKey } from './keys.ts';
import {
  acquireScript,
  claimScript,
  openScript,
  putScript,
  readScript,
  releaseScript,
  renewScript,
  textOf,
} from './scripts.ts';
import type { RedisServers, Role } from './servers.ts';

/** A larger one would hold up everybody else while it travels. */
export const redisBytesMax = 512 * 1_024;

export interface Owner {
  /** This node, also after it was started again. */
  readonly owner: string;
  /** This process of it. */
  readonly process: string;
}

/** A copy as far as Redis said: `knows` with a null copy means that there is none. */
export interface Seen {
  readonly knows: boolean;
  readonly copy: object | null;
  readonly reason: string;
}

export interface OpenedCopy extends Seen {
  /** Null: Redis did not say. */
  readonly lease: Lease | null;
}

export interface Hold {
  readonly session: SessionId;
  readonly fence: number;
}

const roleOf: { readonly [K in Kind]: Role } = { session: 'sessions', room: 'history', presence: 'presence' };
const elsewhere: Lease = { type: 'elsewhere' };
const nothing = Buffer.alloc(0);

export class RedisCopies {
  readonly #servers: RedisServers;
  readonly #me: Owner;
  readonly #leaseMs: number;

  constructor(servers: RedisServers, me: Owner, leaseMs: number) {
    this.#servers = servers;
    this.#me = me;
    this.#leaseMs = leaseMs;
  }

  /** The lease and the copy; one step where one server has both. */
  async open(kind: Kind, session: SessionId): Promise<OpenedCopy> {
    const lock = leaseKey(session);
    const key = copyKey(kind, session);
    const args = [this.#me.owner, this.#me.process, this.#leaseMs];
    if (this.#servers.together('sessions', roleOf[kind])) {
      const answer = await this.#servers.script(
        'sessions',
        openScript,
        { keys: [lock, key], args },
        ([fence, bytes]) => {
          return { lease: leaseOf(fence), ...seen(key, bytes) };
        },
      );
      return answer.ok ? answer.value : { lease: null, ...(await this.#readAlone(kind, session, answer.reason)) };
    }
    const taken = await this.#servers.script('sessions', acquireScript, { keys: [lock], args }, ([fence]) =>
      leaseOf(fence),
    );
    if (!taken.ok) return { lease: null, ...(await this.#readAlone(kind, session, taken.reason)) };
    const fence = taken.value.type === 'held' ? taken.value.fence : 0;
    return { lease: taken.value, ...(await this.claim(kind, session, fence)) };
  }

  /** The copy; from then on one with a lower fence is refused. */
  async claim(kind: Kind, session: SessionId, fence: number): Promise<Seen> {
    const key = copyKey(kind, session);
    const asked = { keys: [key], args: [String(fence)] };
    const answer = await this.#servers.script(roleOf[kind], claimScript, asked, ([bytes]) => seen(key, bytes));
    return answer.ok ? answer.value : this.#readAlone(kind, session, answer.reason);
  }

  /** One that is too large, or whose time is over, takes the older one with it: that is no longer true. */
  async put(kind: Kind, session: SessionId, copy: Stamp, ttlMs: number): Promise<Kept> {
    const key = copyKey(kind, session);
    const bytes = sealed(key, copy, copy);
    const wrong = bytes.length > redisBytesMax ? 'tooLarge' : ttlMs <= 0 ? 'expired' : null;
    const args = [String(copy.fence), String(copy.version), ttlMs, wrong === null ? bytes : nothing];
    const answer = await this.#servers.script(roleOf[kind], putScript, { keys: [key], args }, ([outcome]) =>
      textOf(outcome),
    );
    if (!answer.ok) return { kept: false, reason: answer.reason };
    return { kept: answer.value === 'kept', reason: wrong ?? answer.value ?? 'unknown' };
  }

  async forget(kind: Kind, session: SessionId): Promise<void> {
    await this.#servers.run(roleOf[kind], (client) => client.hdel(copyKey(kind, session), 'b'));
  }

  async readBlock(session: SessionId, block: number): Promise<Seen> {
    const key = blockKey(session, block);
    const answer = await this.#servers.read('history', async (client) => seen(key, await client.getBuffer(key)));
    return answer.ok ? answer.value : unseen(answer.reason);
  }

  async writeBlock(session: SessionId, block: number, messages: object, ttlMs: number): Promise<void> {
    const key = blockKey(session, block);
    const bytes = sealed(key, { fence: 0, version: 0 }, messages);
    if (bytes.length > redisBytesMax || ttlMs <= 0) return;
    await this.#servers.run('history', (client) => client.set(key, bytes, 'PX', ttlMs));
  }

  async forgetBlock(session: SessionId, block: number): Promise<void> {
    await this.#servers.run('history', (client) => client.del(blockKey(session, block)));
  }

  /** One answer for each hold: null where Redis did not say. In a Cluster one call cannot touch several visitors. */
  async renew(holds: readonly Hold[]): Promise<readonly (Lease | null)[]> {
    const calls = this.#servers.isCluster('sessions') ? holds.map((hold) => [hold]) : [holds];
    return (await Promise.all(calls.map((call) => this.#renew(call)))).flat();
  }

  async release({ session, fence }: Hold): Promise<void> {
    const asked = { keys: [leaseKey(session)], args: [this.#me.owner, String(fence)] };
    await this.#servers.script('sessions', releaseScript, asked, () => null);
  }

  /** A server that takes no writes may still be read. Nothing was claimed: what was written since, it may have refused. */
  async #readAlone(kind: Kind, session: SessionId, reason: GateFailure): Promise<Seen> {
    if (reason !== 'unwell' && reason !== 'open') return unseen(reason);
    const key = copyKey(kind, session);
    const answer = await this.#servers.readScript(roleOf[kind], readScript, { keys: [key], args: [] }, ([bytes]) =>
      seen(key, bytes),
    );
    return answer.ok && answer.value.copy !== null ? { ...answer.value, knows: false } : unseen(reason);
  }

  async #renew(holds: readonly Hold[]): Promise<readonly (Lease | null)[]> {
    const keys = holds.map(({ session }) => leaseKey(session));
    const fences = holds.map(({ fence }) => String(fence));
    const args = [this.#me.owner, this.#me.process, this.#leaseMs, ...fences];
    const answer = await this.#servers.script('sessions', renewScript, { keys, args }, (goesOn) => goesOn);
    return holds.map(({ fence }, index) => {
      if (!answer.ok) return null;
      return answer.value[index] === 1 ? leaseOf(Buffer.from(String(fence))) : elsewhere;
    });
  }
}

/** Its time is the caller's to say: it depends on who else is about. */
function leaseOf(fence: unknown): Lease {
  const text = textOf(fence);
  return text === null ? elsewhere : { type: 'held', fence: Number(text), ttlMs: null };
}

function unseen(reason: string): Seen {
  return { knows: false, copy: null, reason };
}

function seen(key: string, bytes: unknown): Seen {
  if (!Buffer.isBuffer(bytes)) return { knows: true, copy: null, reason: 'absent' };
  // Redis keeps the time, so the copy itself has no end.
  const found = openEnvelope(key, bytes, 0);
  if (found.ok) return { knows: true, copy: found.body as object, reason: 'hit' };
  // Whole, and not what was asked for: the replies on this connection are out of step.
  if (found.reason === 'otherKey') throw new GateError('FOREIGN', 'the reply belongs to another key');
  return { knows: false, copy: null, reason: found.reason };
}

function sealed(key: string, { fence, version }: Stamp, body: object): Buffer {
  return sealEnvelope(key, { fence, version, until: 0 }, body);
}
