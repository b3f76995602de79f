// Owns what every cache must do, as tests that any adapter can run against itself on a node of its own.
// It knows the port and no cache server; time and room are each adapter's own, and so are their tests.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type ChatMessage,
  cache,
  type Lease,
  type RoomCopy,
  type SessionCopy,
  type SessionId,
  type SiteId,
} from '../../actors/mod.ts';
import type { ActorNode, LocalNode } from '../../runtime/mod.ts';
import { must } from './chat-stage.ts';
import { room, said } from './entries.ts';

const minuteMs = 60_000;

/** A started node with an empty cache under the cache's name. */
export interface CacheUnderTest {
  readonly node: Pick<ActorNode | LocalNode, 'call' | 'cast'>;
  stop(): Promise<void>;
}

export interface CacheTraits {
  /** A copy that is larger than this is too big for this cache. */
  readonly bytesMax: number;
  /** False where the last write counts, and not the later copy: nobody but one node may write then. */
  readonly ordersCopies: boolean;
}

export function cacheConformance(adapter: string, traits: CacheTraits, start: () => Promise<CacheUnderTest>): void {
  const withCache = (name: string, story: (cache: Copies) => Promise<void>) =>
    it(name, async () => {
      const { node, stop } = await start();
      try {
        await story(new Copies(node));
      } finally {
        await stop();
      }
    });

  describe(adapter, () => {
    withCache('a copy comes back as it was written', async (copies) => {
      const session = sessionCopy({
        card: { name: 'Zoë 👋', verified: true, attributes: { plan: 'gold', seats: 3 } },
        level: 'away',
        page: { url: 'https://demo.example/', title: 'Home' },
      });
      await copies.writeSession('sone', session);
      await copies.writeRoom('a', roomCopy(7));
      assert.deepEqual(await copies.readSession('sone'), session);
      assert.deepEqual(await copies.readRoom('a'), roomCopy(7));
    });

    withCache('what was never written is a miss with a reason', async (copies) => {
      const { copy, verified, reason } = await copies.openSession('snobody');
      assert.deepEqual([copy, verified], [null, false]);
      assert.ok(reason.length > 0);
    });

    withCache('a session and a room of the same letters are two copies', async (copies) => {
      await copies.writeSession('rsame', sessionCopy({ version: 3 }));
      assert.equal(await copies.readRoom('same'), null);
    });

    withCache('the later write counts', async (copies) => {
      for (const version of [1, 2]) await copies.writeSession('sone', sessionCopy({ version }));
      assert.equal((await copies.readSession('sone'))?.version, 2);
    });

    const orders = traits.ordersCopies ? withCache : () => undefined;
    orders('an earlier copy never takes the place of a later one', async (copies) => {
      const { lease } = await copies.openRoom('a');
      const first = lease.type === 'held' ? lease.fence : 1;
      await copies.writeRoom('a', { ...roomCopy(2), fence: first + 1 });
      await copies.writeRoom('a', { ...roomCopy(1), fence: first + 1 });
      await copies.writeRoom('a', { ...roomCopy(9), fence: first });
      assert.deepEqual(await copies.readRoom('a'), { ...roomCopy(2), fence: first + 1 });
      await copies.writeRoom('a', { ...roomCopy(1), fence: first + 2 });
      assert.equal((await copies.readRoom('a'))?.fence, first + 2);
    });

    withCache('a copy without time to live is not kept, and ends the older one', async (copies) => {
      await copies.writeSession('sone', sessionCopy({}), minuteMs);
      await copies.writeSession('sone', sessionCopy({ version: 2 }), 0);
      assert.equal(await copies.readSession('sone'), null);
    });

    withCache('what is forgotten is a miss', async (copies) => {
      await copies.writeSession('sone', sessionCopy({}));
      await copies.writeRoom('a', roomCopy(1));
      await copies.forget('sone', 'a');
      assert.equal(await copies.readSession('sone'), null);
      assert.equal(await copies.readRoom('a'), null);
    });

    withCache('a copy that is too big is dropped, and the older one with it', async (copies) => {
      await copies.writeRoom('a', roomCopy(1));
      await copies.writeRoom('a', roomCopy(2, 'x'.repeat(traits.bytesMax)));
      assert.equal(await copies.readRoom('a'), null);
    });

    withCache("a block of a room's past comes back whole, and the blocks beside it are misses", async (copies) => {
      const messages = Array.from({ length: 50 }, (_, index) => messageOf(51 + index));
      await copies.writeBlock('a', 1, messages);
      assert.deepEqual(await copies.readBlock('a', 1), messages);
      assert.deepEqual([await copies.readBlock('a', 0), await copies.readBlock('b', 1)], [null, null]);
      await copies.forgetBlock('a', 1);
      assert.equal(await copies.readBlock('a', 1), null);
    });

    withCache('a session that is opened twice by one node stays its own', async (copies) => {
      const [first, second] = [await copies.openSession('sone'), await copies.openSession('sone')];
      assert.deepEqual([first.lease.type === 'elsewhere', second.lease], [false, first.lease]);
      assert.deepEqual(await copies.renew('sone', first.lease), first.lease);
    });
  });
}

/** The cache as an actor would speak to it, each write followed until it was done. */
export class Copies {
  readonly #node: CacheUnderTest['node'];
  constructor(node: CacheUnderTest['node']) {
    this.#node = node;
  }

  async writeSession(session: string, copy: SessionCopy, ttlMs = minuteMs) {
    return must(await this.#node.call(cache, 'keepSession', { session: session as SessionId, copy, ttlMs })).kept;
  }

  async writeRoom(letters: string, copy: RoomCopy, ttlMs = minuteMs) {
    return must(await this.#node.call(cache, 'keepRoom', { room: room(letters), copy, ttlMs })).kept;
  }

  async writeBlock(letters: string, block: number, messages: readonly ChatMessage[]) {
    this.#node.cast(cache, 'writeBlock', { room: room(letters), block, messages, ttlMs: minuteMs });
    await this.#settled();
  }

  async forget(session: string, letters: string) {
    this.#node.cast(cache, 'forgetSession', { session: session as SessionId });
    this.#node.cast(cache, 'forgetRoom', { room: room(letters) });
    await this.#settled();
  }

  async forgetBlock(letters: string, block: number) {
    this.#node.cast(cache, 'forgetBlock', { room: room(letters), block });
    await this.#settled();
  }

  async openSession(session: string) {
    return must(await this.#node.call(cache, 'openSession', { session: session as SessionId }));
  }

  async openRoom(letters: string) {
    return must(await this.#node.call(cache, 'openRoom', { room: room(letters) }));
  }

  async readSession(session: string) {
    return (await this.openSession(session)).copy;
  }

  async readRoom(letters: string) {
    return (await this.openRoom(letters)).copy;
  }

  async readBlock(letters: string, block: number) {
    return must(await this.#node.call(cache, 'readBlock', { room: room(letters), block })).messages;
  }

  async renew(session: string, lease: Lease): Promise<Lease> {
    const fence = lease.type === 'held' ? lease.fence : 0;
    return must(await this.#node.call(cache, 'renewLease', { session: session as SessionId, fence })).lease;
  }

  /** Casts are handled in order, so a call that is answered comes after them; what they ask of servers is before its own. */
  async #settled() {
    await this.openSession('ssettled');
  }
}

export function sessionCopy(more: Partial<SessionCopy>): SessionCopy {
  const nowhere = { level: null, page: null };
  return {
    fence: 1,
    version: 1,
    site: 'demo' as SiteId,
    chatted: true,
    card: null,
    visitorRead: 0,
    ...nowhere,
    ...more,
  };
}

export function roomCopy(version: number, text = ''): RoomCopy {
  const card = { name: text, verified: false };
  const past = { pos: 1, seq: 1, site: 'demo' as SiteId, messages: [messageOf(1)], turns: [], card };
  return { fence: 1, version, past, visitorRead: 1, operatorRead: 0, members: [] };
}

function messageOf(seq: number): ChatMessage {
  const { id, at, conversation, cmid, author, text } = said(room('a'), seq, seq);
  return { id: id as ChatMessage['id'], seq, at, conversation, cmid, from: author, text: text ?? '' };
}
