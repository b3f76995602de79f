// Owns what every store of record must do, as tests that any adapter can run against itself.
// It knows the port and no database.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Entry, OperatorRecord, RoomId, SiteId, SiteRecord, StoreProtocol } from '../../actors/mod.ts';
import type { Answer, Request, Result } from '../../runtime/mod.ts';
import type { StoreCall } from '../../stores/mod.ts';
import { entry, opened, operatorNamed, room, said, site } from './entries.ts';

export interface StoreUnderTest {
  call<N extends StoreCall>(name: N, request: Request<StoreProtocol, N>): Promise<Result<Answer<StoreProtocol, N>>>;
  close(): void | Promise<void>;
}

/** `make` gives an empty store each time. */
export function storeConformance(adapter: string, make: () => Promise<StoreUnderTest>): void {
  const withStore = (name: string, story: (store: Store) => Promise<void>) =>
    it(name, async () => {
      const store = await make();
      try {
        await story(new Store(store));
      } finally {
        await store.close();
      }
    });
  describe(`${adapter}: append`, () => appendTests(withStore));
  describe(`${adapter}: a room's past`, () => pastTests(withStore));
  describe(`${adapter}: conversations of a site`, () => conversationTests(withStore));
  describe(`${adapter}: delivery marks`, () => markTests(withStore));
  describe(`${adapter}: accounts`, () => accountTests(withStore));
}

type WithStore = (name: string, story: (store: Store) => Promise<void>) => void;

/** The store with its answers unwrapped: a refusal fails the test. */
class Store {
  readonly #store: StoreUnderTest;
  constructor(store: StoreUnderTest) {
    this.#store = store;
  }

  async ask<N extends StoreCall>(name: N, request: Request<StoreProtocol, N>) {
    const result = await this.#store.call(name, request);
    if (!result.ok) assert.fail(`${name}: ${result.error.code} ${result.error.message}`);
    return result.value;
  }

  async append(...groups: readonly (readonly Entry[])[]) {
    return (await this.ask('append', { groups })).outcomes;
  }

  async types(...groups: readonly (readonly Entry[])[]) {
    return (await this.append(...groups)).map((outcome) => outcome.type);
  }

  load(of: RoomId) {
    return this.ask('load', { room: of });
  }
}

const a = room('a');
const b = room('b');

function appendTests(withStore: WithStore): void {
  withStore('groups of several rooms are stored together and each gets its outcome', async (store) => {
    assert.deepEqual(await store.types([opened(a, 1), said(a, 2, 1)], [opened(b, 1), said(b, 2, 1)], [said(a, 3, 2)]), [
      'stored',
      'stored',
      'stored',
    ]);
    assert.deepEqual(await store.ask('tail', { room: a }), { pos: 3, seq: 2, fence: 1 });
    assert.deepEqual(await store.ask('tail', { room: b }), { pos: 2, seq: 1, fence: 1 });
  });

  withStore('no groups have no outcomes', async (store) => {
    assert.deepEqual(await store.append(), []);
  });

  withStore('what is already there under the same id, in every field, is stored and stays one', async (store) => {
    const group = [opened(a, 1), said(a, 2, 1)];
    await store.append(group, [said(a, 3, 2)]);
    assert.deepEqual(await store.types(group), ['stored']);
    assert.deepEqual(await store.types(group, [said(a, 3, 2)], [said(a, 4, 3)]), ['stored', 'stored', 'stored']);
    assert.deepEqual(await store.ask('tail', { room: a }), { pos: 4, seq: 3, fence: 1 });
  });

  withStore('the same id with another text is a conflict and changes nothing', async (store) => {
    await store.append([said(a, 1, 1)]);
    assert.deepEqual(await store.types([{ ...said(a, 1, 1), text: 'another' }]), ['conflict']);
    assert.equal((await store.load(a)).messages[0]?.text, said(a, 1, 1).text);
  });

  withStore('the same id in another room is a conflict', async (store) => {
    await store.append([said(a, 1, 1)]);
    assert.deepEqual(await store.types([{ ...said(b, 1, 1), id: said(a, 1, 1).id }]), ['conflict']);
    assert.deepEqual(await store.ask('tail', { room: b }), { pos: 0, seq: 0, fence: 0 });
  });

  withStore('a group of which only a part is there is a conflict', async (store) => {
    await store.append([opened(a, 1)]);
    assert.deepEqual(await store.types([opened(a, 1), said(a, 2, 1)]), ['conflict']);
  });

  withStore('a repeated cmid of the same author is answered with the first entry', async (store) => {
    const first = said(a, 1, 1, { cmid: 'once' });
    await store.append([first]);
    const again = said(a, 2, 2, { cmid: 'once', text: 'said again' });
    assert.deepEqual(await store.append([again]), [{ type: 'repeat', entry: first }]);
    assert.deepEqual(await store.ask('tail', { room: a }), { pos: 1, seq: 1, fence: 1 });
  });

  withStore('a repeat within one request is seen as well', async (store) => {
    const first = said(a, 1, 1, { cmid: 'once' });
    const outcomes = await store.append([first], [said(a, 2, 2, { cmid: 'once' })]);
    assert.deepEqual(outcomes, [{ type: 'stored' }, { type: 'repeat', entry: first }]);
  });

  withStore('cmids are compared by bytes, and belong to their room and author', async (store) => {
    const visitor = said(a, 1, 1, { cmid: 'Key' });
    const operator = { kind: 'operator', id: 'alice', name: 'Alice' } as const;
    const types = await store.types(
      [visitor],
      [said(a, 2, 2, { cmid: 'key' })],
      [said(a, 3, 3, { cmid: 'Key', author: operator })],
      [said(b, 1, 1, { cmid: 'Key' })],
      [said(a, 4, 4, { cmid: 'é' })],
      [said(a, 5, 5, { cmid: 'e\u0301' })],
    );
    assert.deepEqual(types, Array(6).fill('stored'));
  });

  withStore('entries without a cmid never repeat one another', async (store) => {
    assert.deepEqual(await store.types([said(a, 1, 1, { cmid: null })], [said(a, 2, 2, { cmid: null })]), [
      'stored',
      'stored',
    ]);
  });

  withStore('a pos or a seq that is taken is a conflict', async (store) => {
    await store.append([said(a, 1, 1)], [said(a, 2, 2)]);
    const other = { id: 'motherowner', cmid: 'other' };
    assert.deepEqual(await store.types([said(a, 2, 3, other)]), ['conflict']);
    assert.deepEqual(await store.types([said(a, 3, 2, other)]), ['conflict']);
  });

  withStore('a group that does not follow the last pos of its room is a conflict', async (store) => {
    assert.deepEqual(await store.types([said(a, 2, 1)]), ['conflict']);
    await store.append([said(a, 1, 1)]);
    assert.deepEqual(await store.types([said(a, 3, 2)]), ['conflict']);
    assert.deepEqual(await store.ask('tail', { room: a }), { pos: 1, seq: 1, fence: 1 });
  });

  withStore('what an earlier owner still sends is a conflict once a later one has written', async (store) => {
    await store.append([said(a, 1, 1, { fence: 4 })], [said(a, 2, 2, { fence: 7 })]);
    assert.deepEqual(await store.types([said(a, 3, 3, { fence: 4 })], [said(b, 1, 1, { fence: 4 })]), [
      'conflict',
      'stored',
    ]);
    assert.deepEqual(await store.ask('tail', { room: a }), { pos: 2, seq: 2, fence: 7 });
    assert.deepEqual(await store.types([said(a, 3, 3, { fence: 7 })], [said(a, 4, 4, { fence: 8 })]), [
      'stored',
      'stored',
    ]);
    assert.deepEqual(await store.ask('tail', { room: a }), { pos: 4, seq: 4, fence: 8 });
  });

  withStore('what is there already is stored, whichever owner asks', async (store) => {
    await store.append([opened(a, 1), said(a, 2, 1)], [said(a, 3, 2, { fence: 9 })]);
    const asked = [opened(a, 1), said(a, 2, 1)].map((one) => ({ ...one, fence: 5 }));
    assert.deepEqual(await store.types(asked, [said(a, 3, 2, { fence: 2 })]), ['stored', 'stored']);
    assert.deepEqual(await store.ask('tail', { room: a }), { pos: 3, seq: 2, fence: 9 });
  });

  withStore('a fence may be as large as a number can be told exactly, and no larger', async (store) => {
    const fence = Number.MAX_SAFE_INTEGER;
    const types = await store.types([said(a, 1, 1, { fence })], [said(b, 1, 1, { fence: fence + 1 })]);
    assert.deepEqual(types, ['stored', 'failed']);
    assert.deepEqual(await store.ask('tail', { room: a }), { pos: 1, seq: 1, fence });
    assert.deepEqual((await store.append([said(a, 2, 2, { fence, cmid: 'k1' })]))[0], {
      type: 'repeat',
      entry: said(a, 1, 1, { fence }),
    });
  });

  withStore('a group of two owners fails alone', async (store) => {
    assert.deepEqual(await store.types([opened(a, 1), said(a, 2, 1, { fence: 2 })], [opened(b, 1)]), [
      'failed',
      'stored',
    ]);
  });

  withStore('later groups of a room are behind the one that was not stored; other rooms go on', async (store) => {
    await store.append([said(a, 1, 1)]);
    const types = await store.types([said(a, 9, 9)], [said(b, 1, 1)], [said(a, 2, 2)], [said(a, 3, 3)]);
    assert.deepEqual(types, ['conflict', 'stored', 'behind', 'behind']);
  });

  withStore('a group is stored whole or not at all', async (store) => {
    await store.append([said(a, 1, 1, { cmid: 'taken' })]);
    await store.append([opened(a, 2), said(a, 3, 2, { cmid: 'taken' })]);
    assert.deepEqual(await store.ask('tail', { room: a }), { pos: 1, seq: 1, fence: 1 });
  });

  withStore('an entry that cannot be stored fails alone and is not worth another try', async (store) => {
    const huge = said(a, 1, 1, { text: 'x'.repeat(1_000_000) });
    const outcomes = await store.append([huge], [said(b, 1, 1)], [said(a, 2, 2)]);
    assert.deepEqual(outcomes, [
      { type: 'failed', code: 'tooLarge', retryable: false },
      { type: 'stored' },
      { type: 'behind' },
    ]);
  });

  withStore('an id, a name or a number that does not fit fails alone, and is never cut to fit', async (store) => {
    const author = { kind: 'bot', name: 'Bot' } as const;
    const outcomes = await store.append(
      [said(room('n1'), 1, 1, { id: `m${'x'.repeat(40)}` })],
      [said(room('n2'), 1, 1, { cmid: 'k'.repeat(301) })],
      [said(room('n3'), 1, 1, { author: { ...author, id: 'o'.repeat(71) } })],
      [said(room('n4'), 1, 1, { at: 1.5 })],
      [said(room('n5'), 1, 1.5)],
      [said(room('n6'), 1, 2 ** 31)],
      [said(room('n7'), 1, 1, { cmid: 'k'.repeat(300), author: { ...author, id: 'o'.repeat(70) } })],
      [said(a, 1, 1)],
    );
    const whys = outcomes.map((outcome) => (outcome.type === 'failed' ? outcome.code : outcome.type));
    const [tooLarge, invalid] = [Array(3).fill('tooLarge'), Array(3).fill('invalid')];
    assert.deepEqual(whys, [...tooLarge, ...invalid, 'stored', 'stored']);
  });

  withStore('a message without text or without number fails alone', async (store) => {
    const outcomes = await store.append(
      [said(a, 1, 1, { text: null })],
      [said(b, 1, 1)],
      [said(room('c'), 1, null as never)],
    );
    assert.deepEqual(
      outcomes.map((outcome) => outcome.type),
      ['failed', 'stored', 'failed'],
    );
  });

  withStore('a group that is empty, jumps, or mixes rooms fails alone', async (store) => {
    const types = await store.types(
      [],
      [said(a, 1, 1), said(b, 2, 2)],
      [said(a, 1, 1), said(a, 3, 2)],
      [said(b, 1, 1)],
    );
    assert.deepEqual(types, ['failed', 'failed', 'behind', 'stored']);
  });

  withStore('300 groups of one request are all stored, in order', async (store) => {
    const groups = Array.from({ length: 300 }, (_, index) => [said(a, index + 1, index + 1)]);
    assert.ok((await store.types(...groups)).every((type) => type === 'stored'));
    assert.deepEqual(await store.ask('tail', { room: a }), { pos: 300, seq: 300, fence: 1 });
  });
}

function pastTests(withStore: WithStore): void {
  withStore('a room where nothing was said is empty', async (store) => {
    assert.deepEqual(await store.load(a), { pos: 0, seq: 0, site: null, messages: [], turns: [], card: null });
    assert.deepEqual(await store.ask('tail', { room: a }), { pos: 0, seq: 0, fence: 0 });
    assert.deepEqual(await store.ask('page', { room: a, before: null, after: null, limit: 50 }), {
      messages: [],
      more: false,
    });
  });

  withStore('every text comes back as it was', async (store) => {
    const texts = [
      '👩‍👩‍👧‍👦 \u{1F600}',
      '\uFFFD',
      "'; DROP TABLE entries; --",
      ' two\nlines\t',
      'مرحبا \u202B',
      '',
      '0',
      '"{}"',
      '𝒳',
    ];
    await store.append(...texts.map((text, index) => [said(a, index + 1, index + 1, { text })]));
    assert.deepEqual(
      (await store.load(a)).messages.map((message) => message.text),
      texts,
    );
  });

  withStore('half a surrogate pair comes back as U+FFFD, and its repeat is still known', async (store) => {
    const half = said(a, 1, 1, { text: 'half \ud83d' });
    assert.deepEqual(await store.types([half]), ['stored']);
    assert.deepEqual(await store.types([half]), ['stored']);
    assert.equal((await store.load(a)).messages[0]?.text, 'half \uFFFD');
  });

  withStore(
    'a room remembers its last 75 messages, ascending, and the turns of its latest conversation only',
    async (store) => {
      const card = { name: 'Zoë', verified: false };
      const old = [
        opened(a, 1),
        said(a, 2, 1),
        entry(a, 3, { kind: 'identified', data: card }),
        entry(a, 4, { kind: 'closed' }),
      ];
      const latest = { conversation: 'csecond' as Entry['conversation'] };
      const assigned = entry(a, 6, { ...latest, kind: 'assigned', data: { operator: 'alice', name: 'Alice' } });
      await store.append(old, [entry(a, 5, { ...latest, kind: 'opened' }), assigned]);
      const many = Array.from({ length: 80 }, (_, index) => said(a, index + 7, index + 2, latest));
      await store.append(...many.map((one) => [one]));
      const past = await store.load(a);
      assert.deepEqual([past.pos, past.seq, past.site], [86, 81, site]);
      assert.deepEqual(
        past.messages.map((message) => message.seq),
        Array.from({ length: 75 }, (_, index) => index + 7),
      );
      assert.deepEqual(past.turns, [entry(a, 5, { ...latest, kind: 'opened' }), assigned]);
      assert.deepEqual(past.card, card);
    },
  );

  withStore('the newest card counts', async (store) => {
    await store.append([entry(a, 1, { kind: 'identified', data: { name: 'One', verified: false } })]);
    await store.append([entry(a, 2, { kind: 'identified', data: { name: 'Two', verified: true } })]);
    assert.deepEqual((await store.load(a)).card, { name: 'Two', verified: true });
  });

  withStore('pages ascend, and say whether there is more on the side they grow to', async (store) => {
    await store.append(...Array.from({ length: 10 }, (_, index) => [said(a, index + 1, index + 1)]));
    const page = async (before: number | null, after: number | null, limit: number) => {
      const { messages, more } = await store.ask('page', { room: a, before, after, limit });
      return [messages.map((message) => message.seq), more];
    };
    assert.deepEqual(await page(null, null, 3), [[8, 9, 10], true]);
    assert.deepEqual(await page(8, null, 3), [[5, 6, 7], true]);
    assert.deepEqual(await page(3, null, 3), [[1, 2], false]);
    assert.deepEqual(await page(4, null, 3), [[1, 2, 3], false]);
    assert.deepEqual(await page(null, 0, 3), [[1, 2, 3], true]);
    assert.deepEqual(await page(null, 7, 3), [[8, 9, 10], false]);
    assert.deepEqual(await page(null, 10, 3), [[], false]);
    assert.deepEqual(await page(6, 3, 9), [[4, 5], false]);
  });

  withStore("a page holds its own room's messages only", async (store) => {
    await store.append([said(a, 1, 1)], [said(b, 1, 1)]);
    const { messages } = await store.ask('page', { room: b, before: null, after: null, limit: 9 });
    assert.deepEqual(
      messages.map((message) => message.id),
      [said(b, 1, 1).id],
    );
  });
}

function conversationTests(withStore: WithStore): void {
  const closed = (of: RoomId, pos: number) => entry(of, pos, { kind: 'closed', data: { by: 'visitor' } });
  const roomsOf = async (store: Store, since: number, closedAfter: number, of: SiteId = site) => {
    const { pasts } = await store.ask('conversations', { site: of, since, closedAfter });
    return pasts.map((past) => past.room).sort();
  };

  withStore('a site knows its open conversations and those closed lately', async (store) => {
    await store.append([opened(a, 1), said(a, 2, 1)]);
    await store.append([opened(b, 10), closed(b, 11)].map((one, index) => ({ ...one, pos: index + 1 })));
    assert.deepEqual(await roomsOf(store, 0, 10_999), [a, b]);
    assert.deepEqual(await roomsOf(store, 0, 11_000), [a], 'closed at that very moment is not after it');
  });

  withStore('a conversation opened long ago is open while something is said in it', async (store) => {
    await store.append([opened(a, 1), said(a, 2, 1, { at: 900_000 })]);
    assert.deepEqual(await roomsOf(store, 800_000, 800_000), [a]);
    assert.deepEqual(await roomsOf(store, 900_001, 900_001), []);
  });

  withStore('a rated conversation is still closed; one opened again is open', async (store) => {
    await store.append([opened(a, 1), closed(a, 2), entry(a, 3, { kind: 'rated', data: { score: 5 }, at: 9_000 })]);
    assert.deepEqual(await roomsOf(store, 0, 5_000), []);
    await store.append([entry(a, 4, { kind: 'opened', conversation: 'cagain' as Entry['conversation'], at: 9_500 })]);
    assert.deepEqual(await roomsOf(store, 0, 99_000), [a]);
  });

  withStore("another site's rooms are never among them", async (store) => {
    await store.append([opened(a, 1)]);
    assert.deepEqual(await roomsOf(store, 0, 0, 'other' as SiteId), []);
  });

  withStore('each comes with its past', async (store) => {
    await store.append([opened(a, 1), said(a, 2, 1)]);
    const { pasts } = await store.ask('conversations', { site, since: 0, closedAfter: 0 });
    assert.deepEqual(pasts, [{ room: a, ...(await store.load(a)) }]);
  });

  withStore('many at once come each with its own past, a long one with the last messages only', async (store) => {
    const rooms = Array.from({ length: 37 }, (_, index) => room(`many${index}`));
    for (const [index, one] of rooms.entries()) {
      const lines = Array.from({ length: index === 20 ? 80 : index % 3 }, (_, line) => said(one, line + 3, line + 1));
      const known = entry(one, 2, { kind: 'identified', data: { name: `Guest ${index}` } });
      await store.append([opened(one, 1), known], ...lines.map((line) => [line]));
    }
    const { pasts } = await store.ask('conversations', { site, since: 0, closedAfter: 0 });
    assert.deepEqual(pasts.map((past) => past.room).sort(), [...rooms].sort());
    for (const { room: of, ...past } of pasts) {
      assert.deepEqual(past, await store.load(of));
      assert.equal(past.turns.length, 2);
    }
    const [long] = pasts.filter((past) => past.room === rooms[20]);
    assert.deepEqual([long?.messages.length, long?.messages[0]?.seq, long?.seq], [75, 6, 80]);
  });
}

function markTests(withStore: WithStore): void {
  const alice = operatorNamed('alice');
  const bob = operatorNamed('bob');

  withStore('a mark goes forward and never back', async (store) => {
    for (const seq of [5, 9, 7]) await store.ask('saveMarks', { marks: [{ operator: alice, room: a, seq }] });
    assert.deepEqual(await store.ask('marks', { operator: alice, rooms: [a, b] }), { marks: [{ room: a, seq: 9 }] });
  });

  withStore('the highest of one request counts, and each operator has his own', async (store) => {
    const marks = [9, 4].map((seq) => ({ operator: alice, room: a, seq }));
    await store.ask('saveMarks', { marks: [...marks, { operator: bob, room: a, seq: 2 }] });
    assert.deepEqual(await store.ask('marks', { operator: alice, rooms: [a] }), { marks: [{ room: a, seq: 9 }] });
    assert.deepEqual(await store.ask('marks', { operator: bob, rooms: [a] }), { marks: [{ room: a, seq: 2 }] });
  });

  withStore('no marks and no rooms are fine, and so are very many', async (store) => {
    await store.ask('saveMarks', { marks: [] });
    assert.deepEqual(await store.ask('marks', { operator: alice, rooms: [] }), { marks: [] });
    const rooms = Array.from({ length: 1_200 }, (_, index) => room(`n${index}`));
    await store.ask('saveMarks', { marks: rooms.map((of) => ({ operator: alice, room: of, seq: 1 })) });
    assert.equal((await store.ask('marks', { operator: alice, rooms })).marks.length, 1_200);
  });
}

function accountTests(withStore: WithStore): void {
  const shop: SiteRecord = {
    id: 'shop' as SiteId,
    name: 'The “Shop” 🛒',
    origins: ['https://shop.example'],
    theme: { color: '#336699', mode: 'auto' },
    locale: 'en',
    routing: 'firstAnswer',
    keepQueryStrings: true,
    identitySecret: null,
    createdAt: 1_700_000_000_000,
  };
  const blog: SiteRecord = { ...shop, id: 'blog' as SiteId, identitySecret: 'c2VjcmV0', keepQueryStrings: false };
  const keys = { salt: 'c2FsdA==', iterations: 10_000, storedKey: 'c3RvcmVk', serverKey: 'c2VydmVy' };
  const alice: OperatorRecord = {
    name: operatorNamed('alice'),
    displayName: 'Alice',
    sites: [shop.id, blog.id],
    admin: true,
    scram: { sha1: keys, sha256: { ...keys, salt: 'b3RoZXI=' } },
    createdAt: 1_700_000_000_001,
  };
  const bob: OperatorRecord = { ...alice, name: operatorNamed('bob'), sites: [], admin: false };

  withStore('a site is kept as given, and put again is changed', async (store) => {
    await store.ask('putSite', { site: shop });
    await store.ask('putSite', { site: blog });
    assert.deepEqual(await store.ask('sites', {}), { sites: [blog, shop] });
    await store.ask('putSite', { site: { ...shop, name: 'New', origins: [] } });
    assert.deepEqual(await store.ask('site', { id: shop.id }), { site: { ...shop, name: 'New', origins: [] } });
    assert.deepEqual(await store.ask('site', { id: 'none' as SiteId }), { site: null });
  });

  withStore('an operator is kept as given, with the sites in their order', async (store) => {
    for (const one of [shop, blog]) await store.ask('putSite', { site: one });
    for (const one of [bob, alice]) await store.ask('putOperator', { operator: one });
    assert.deepEqual(await store.ask('operators', { site: null }), { operators: [alice, bob] });
    assert.deepEqual(await store.ask('operators', { site: blog.id }), { operators: [alice] });
    const moved = { ...alice, sites: [blog.id], displayName: 'A.' };
    await store.ask('putOperator', { operator: moved });
    assert.deepEqual(await store.ask('operator', { name: alice.name }), { operator: moved });
    assert.deepEqual(await store.ask('operator', { name: operatorNamed('nobody') }), { operator: null });
  });

  withStore('changing a site does not take it from its operators; removing it does', async (store) => {
    for (const one of [shop, blog]) await store.ask('putSite', { site: one });
    await store.ask('putOperator', { operator: alice });
    await store.ask('putSite', { site: { ...shop, name: 'New' } });
    assert.deepEqual((await store.ask('operator', { name: alice.name })).operator?.sites, [shop.id, blog.id]);
    assert.deepEqual(await store.ask('removeSite', { id: shop.id }), { removed: true });
    assert.deepEqual(await store.ask('removeSite', { id: shop.id }), { removed: false });
    assert.deepEqual((await store.ask('operator', { name: alice.name })).operator?.sites, [blog.id]);
  });

  withStore('a removed operator is gone, once', async (store) => {
    await store.ask('putOperator', { operator: bob });
    assert.deepEqual(await store.ask('removeOperator', { name: bob.name }), { removed: true });
    assert.deepEqual(await store.ask('removeOperator', { name: bob.name }), { removed: false });
    assert.deepEqual(await store.ask('operator', { name: bob.name }), { operator: null });
  });

  withStore('the store says what it is', async (store) => {
    const { engine, version, migration } = await store.ask('ping', {});
    assert.ok(engine.length > 0 && version.length > 0 && migration.length > 0);
  });
}
