// Owns what every cache must do, as tests that any adapter can run against itself on a node with a clock in hand.
// It knows the port and no cache server.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cache, type RoomCopy, type SessionCopy, type SiteId } from '../../actors/mod.ts';
import type { LocalNode } from '../../runtime/mod.ts';
import { room } from './entries.ts';

/** Room for a few hundred small copies: what the tests of a bound rely on. */
export const testCacheBytesMax = 2 * 1_024 * 1_024;

const minuteMs = 60_000;

/** `start` gives a node with an empty cache of `testCacheBytesMax` under the cache's name. */
export function cacheConformance(adapter: string, start: () => Promise<LocalNode>): void {
  const withCache = (name: string, story: (cache: Cache) => Promise<void>) =>
    it(name, async () => {
      const node = await start();
      try {
        await story(new Cache(node));
      } finally {
        await node.stop();
      }
    });

  describe(adapter, () => {
    withCache('a copy comes back as it was written', async (copies) => {
      await copies.writeSession('sone', sessionCopy({ card: { name: 'Zoë 👋', verified: true } }));
      await copies.writeRoom('a', roomCopy(7));
      assert.deepEqual(await copies.readSession('sone'), sessionCopy({ card: { name: 'Zoë 👋', verified: true } }));
      assert.deepEqual(await copies.readRoom('a'), roomCopy(7));
    });

    withCache('what was never written is a miss with a reason', async (copies) => {
      const { copy, reason } = await copies.ask('snobody');
      assert.equal(copy, null);
      assert.ok(reason.length > 0);
    });

    withCache('a session and a room of the same letters are two copies', async (copies) => {
      await copies.writeSession('rsame', sessionCopy({ version: 3 }));
      assert.equal(await copies.readRoom('same'), null);
    });

    withCache('the last write counts', async (copies) => {
      for (const version of [1, 2]) await copies.writeSession('sone', sessionCopy({ version }));
      assert.equal((await copies.readSession('sone'))?.version, 2);
    });

    withCache('a copy is there until its time is over, and not after', async (copies) => {
      await copies.writeSession('sone', sessionCopy({}), minuteMs);
      await copies.advance(minuteMs - 1);
      assert.notEqual(await copies.readSession('sone'), null);
      await copies.advance(2);
      assert.equal(await copies.readSession('sone'), null);
    });

    withCache('a copy without time to live is not kept, and ends the older one', async (copies) => {
      await copies.writeSession('sone', sessionCopy({}), minuteMs);
      await copies.writeSession('sone', sessionCopy({}), 0);
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
      await copies.writeRoom('a', roomCopy(2, 'x'.repeat(testCacheBytesMax)));
      assert.equal(await copies.readRoom('a'), null);
    });

    withCache('when it is full the copies that were not used for longest go first', async (copies) => {
      const text = 'x'.repeat(100_000);
      await copies.writeRoom('kept', roomCopy(1, text));
      for (let index = 0; index < 40; index++) {
        await copies.writeRoom(`n${index}`, roomCopy(1, text));
        assert.notEqual(await copies.readRoom('kept'), null);
      }
      assert.equal(await copies.readRoom('n0'), null);
      assert.notEqual(await copies.readRoom('n39'), null);
    });
  });
}

class Cache {
  readonly #node: LocalNode;
  constructor(node: LocalNode) {
    this.#node = node;
  }

  async writeSession(session: string, copy: SessionCopy, ttlMs = minuteMs) {
    this.#node.cast(cache, 'writeSession', { session, copy, ttlMs });
    await this.#node.settle();
  }

  async writeRoom(letters: string, copy: RoomCopy) {
    this.#node.cast(cache, 'writeRoom', { room: room(letters), copy, ttlMs: minuteMs });
    await this.#node.settle();
  }

  async forget(session: string, letters: string) {
    this.#node.cast(cache, 'forgetSession', { session });
    this.#node.cast(cache, 'forgetRoom', { room: room(letters) });
    await this.#node.settle();
  }

  async ask(session: string) {
    const answer = await this.#node.call(cache, 'readSession', { session });
    if (!answer.ok) assert.fail(answer.error.code);
    return answer.value;
  }

  async readSession(session: string) {
    return (await this.ask(session)).copy;
  }

  async readRoom(letters: string) {
    const answer = await this.#node.call(cache, 'readRoom', { room: room(letters) });
    if (!answer.ok) assert.fail(answer.error.code);
    return answer.value.copy;
  }

  advance(ms: number) {
    return this.#node.advance(ms);
  }
}

function sessionCopy(more: Partial<SessionCopy>): SessionCopy {
  return { version: 1, site: 'demo' as SiteId, chatted: true, card: null, visitorRead: 0, ...more };
}

function roomCopy(version: number, text = ''): RoomCopy {
  const card = { name: text, verified: false };
  const past = { pos: 1, seq: 1, site: 'demo' as SiteId, messages: [], turns: [], card };
  return { version, past, visitorRead: 1, operatorRead: 0 };
}
