// Owns the proof that a line behind one that the same connection wrote is stored without a look at the room, and that
// nothing is believed for it that a look would have denied.
// The server's own counters tell whether it looked: Com_insert_select is an append that looks, Com_insert one that follows.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { Entry } from '../../actors/mod.ts';
import { openStore } from '../../stores/mod.ts';
import { followingRowsMax } from '../../stores/mysql/insertions.ts';
import { Session } from '../../stores/mysql/session.ts';
import { parseMysqlUrl } from '../../stores/mysql/url.ts';
import { append as appendQuery } from '../../stores/sql/append.ts';
import { transaction } from '../../stores/sql/query.ts';
import { type SqlServer, sqlServerName, sqlUrl, startSqlServer } from '../support/backends/mod.ts';
import { room, said } from '../support/entries.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { ask, atRest, counted, emptied } from '../support/mysql.ts';
import { needs } from '../support/needs.ts';
import { eventually } from '../support/stopwatch.ts';

type Groups = readonly (readonly Entry[])[];

const a = room('a');
const b = room('b');
const stored = { type: 'stored' };
const conflict = { type: 'conflict' };
const becomesSoMsMax = 10_000;
/** The look at its version (MySQL counts it twice), the two texts that look, and the one for a line that comes alone. */
const preparedFarMax = 5;
/** However slow this machine is just now. */
const nearMs = 10_000;

describe(`an append that follows its connection's own on ${sqlServerName}`, { skip: needs('sql-server') }, () => {
  let server: SqlServer;
  let url: string;
  let mine: Session;
  let other: Session;

  before(async () => {
    server = await startSqlServer();
  });
  after(() => server.stop());
  beforeEach(async () => {
    url = await emptied(server);
    const store = openStore(url);
    await store.migrate();
    store.close();
    [mine, other] = [await opened(url), await opened(url)];
  });
  afterEach(() => {
    mine.destroy();
    other.destroy();
  });

  async function opened(at: string, near = nearMs): Promise<Session> {
    const session = new Session(
      parseMysqlUrl(at),
      () => undefined,
      () => undefined,
    );
    await session.open(near);
    return session;
  }

  const append = (session: Session, ...groups: Groups) => session.drive(appendQuery(session.dialect, groups));
  const rows = async () => (await ask(server, 'SELECT id FROM entries ORDER BY room, pos')).map(({ id }) => id);
  const ids = (...entries: readonly Entry[]) => entries.map(({ id }) => id);
  const rooms = Array.from({ length: 8 }, (_, index) => room(`guest${index}`));

  it('the first line of a room is stored with a look, the next ones without', async () => {
    assert.deepEqual(await counted(server, () => append(mine, [said(a, 1, 1)])), { Com_insert_select: 1 });
    const next = await counted(server, async () => {
      for (let pos = 2; pos <= 6; pos += 1) assert.deepEqual(await append(mine, [said(a, pos, pos)]), [stored]);
    });
    assert.deepEqual(next, { Com_insert: 5 });
    assert.equal((await rows()).length, 6);
  });

  it('what another connection wrote is looked at: nobody believes what somebody else has seen', async () => {
    await append(mine, [said(a, 1, 1)]);
    const seen = await counted(server, () => append(other, [said(a, 2, 2)]));
    assert.equal(seen.Com_insert_select, 1);
  });

  it('a batch of many rooms and lines follows in one statement; one that it does not know makes all of them looked at', async () => {
    await append(mine, ...rooms.map((of) => [said(of, 1, 1)]));
    const two = rooms.map((of) => [said(of, 2, 2), said(of, 3, 3)]);
    assert.deepEqual(await counted(server, () => append(mine, ...two)), { Com_insert: 1 });
    const one = rooms.map((of) => [said(of, 4, 4)]);
    const mixed = await counted(server, async () => {
      const outcomes = await append(mine, ...one, [said(a, 1, 1)]);
      assert.deepEqual(outcomes, Array(rooms.length + 1).fill(stored));
    });
    assert.deepEqual(mixed, { Com_insert_select: 1 });
    assert.equal((await rows()).length, rooms.length * 4 + 1);
  });

  it('a batch is stored whole at the largest number of rows that follow, and beyond it', async () => {
    const many = Array.from({ length: followingRowsMax + 1 }, (_, index) => room(`many${index}`));
    await append(mine, ...many.map((of) => [said(of, 1, 1)]));
    const largest = many.slice(1).map((of) => [said(of, 2, 2)]);
    assert.deepEqual(await counted(server, () => append(mine, ...largest)), { Com_insert: 1 });
    const beyond = many.map((of, index) => [said(of, index === 0 ? 2 : 3, 3)]);
    assert.deepEqual(await counted(server, () => append(mine, ...beyond)), { Com_insert_select: 1 });
    assert.equal((await rows()).length, 3 * followingRowsMax + 2);
  });

  it('a place that a later owner took meanwhile is a conflict, and so is the place behind it', async () => {
    await append(mine, [said(a, 1, 1)]);
    const theirs = said(a, 2, 2, { id: 'mtheirs', cmid: 'theirs', fence: 2 });
    assert.deepEqual(await append(other, [theirs]), [stored]);
    assert.deepEqual(await append(mine, [said(a, 2, 2)]), [conflict]);
    assert.deepEqual(await append(mine, [said(a, 3, 3)]), [conflict]);
    assert.deepEqual(await rows(), ids(said(a, 1, 1), theirs));
  });

  it('an owner who is told that a later owner stored his line already may not write behind it', async () => {
    await append(mine, [said(a, 1, 1)]);
    const again = said(a, 2, 2);
    assert.deepEqual(await append(other, [{ ...again, fence: 2 }]), [stored]);
    assert.deepEqual(await append(mine, [again]), [stored]);
    assert.deepEqual(await append(mine, [said(a, 3, 3)]), [conflict]);
    assert.deepEqual(await append(mine, [said(a, 3, 3, { fence: 2 })]), [stored]);
  });

  it('an earlier owner on the connection of a later one is refused', async () => {
    await append(mine, [said(a, 1, 1, { fence: 2 })]);
    assert.deepEqual(await append(mine, [said(a, 2, 2, { fence: 1 })]), [conflict]);
    assert.deepEqual(await append(mine, [said(a, 2, 2, { fence: 3 })]), [stored]);
    assert.deepEqual(await append(mine, [said(a, 3, 3, { fence: 2 })]), [conflict]);
  });

  it('what was rolled back is nothing to stand behind', async () => {
    await append(mine, [said(a, 1, 1)]);
    const work = transaction(function* () {
      yield { type: 'change', ...mine.dialect.insertGroups([[said(a, 2, 2)]]) };
      throw new Error('the end of this transaction');
    });
    await assert.rejects(mine.drive(work), /the end of this transaction/);
    assert.deepEqual(await append(mine, [said(a, 3, 3)]), [conflict]);
    assert.deepEqual(await append(mine, [said(a, 2, 2)]), [stored]);
    assert.deepEqual(await rows(), ids(said(a, 1, 1), said(a, 2, 2)));
  });

  it('the guilty row of a batch that follows fails alone, and everybody else is stored', async () => {
    const first = rooms.map((of) => said(of, 1, 1, { cmid: 'once' }));
    await append(mine, ...first.map((entry) => [entry]));
    await append(other, [said(rooms[5] ?? a, 2, 2, { id: 'mtheirs', cmid: 'theirs', fence: 2 })]);
    const groups: Entry[][] = rooms.map((of) => [said(of, 2, 2)]);
    groups[3] = [said(rooms[3] ?? a, 2, 2, { cmid: 'once', text: 'again' })];
    const outcomes = await append(mine, ...groups);
    const others = outcomes.filter((_, index) => index !== 3 && index !== 5);
    assert.deepEqual(others, Array(rooms.length - 2).fill(stored));
    assert.deepEqual([outcomes[3], outcomes[5]], [{ type: 'repeat', entry: first[3] }, conflict]);
    assert.equal((await rows()).length, 2 * rooms.length - 1);
  });

  it('a line that is told again is found, whoever stored it', async () => {
    await append(mine, [said(a, 1, 1)], [said(b, 1, 1)]);
    assert.deepEqual(await append(mine, [said(a, 2, 2)]), [stored]);
    assert.deepEqual(await append(mine, [said(a, 2, 2)]), [stored]);
    // The same line came over another connection before: the late one of the two changes nothing.
    assert.deepEqual(await append(other, [said(b, 2, 2)]), [stored]);
    assert.deepEqual(await append(mine, [said(b, 2, 2)], [said(a, 3, 3)]), [stored, stored]);
    assert.equal((await rows()).length, 5);
  });

  it('what is said is kept as it was said: quotes, four bytes, nothing, zero bytes, and any length', async () => {
    const texts = [`'"\\\0%_${'`'}`, '😀'.repeat(1_001), '', '\ud800', ' trailing ', 'x'.repeat(10_000)];
    await append(mine, [said(a, 1, 1)]);
    const seen = await counted(server, async () => {
      for (const [index, text] of texts.entries()) {
        const data = index % 2 === 0 ? null : ({ kind: text } as unknown as Entry['data']);
        assert.deepEqual(await append(mine, [said(a, index + 2, index + 2, { text, data })]), [stored]);
      }
    });
    assert.deepEqual(seen, { Com_insert: texts.length });
    const kept = await ask(server, 'SELECT text, data FROM entries WHERE pos > 1 ORDER BY pos');
    assert.deepEqual(
      kept.map(({ text }) => text),
      texts.map((text) => text.toWellFormed()),
    );
    assert.deepEqual(
      kept.map(({ data }) => data),
      texts.map((text, index) => (index % 2 === 0 ? null : JSON.stringify({ kind: text }))),
    );
  });

  it('numbers are kept to the last digit', async () => {
    const [at, fence] = [Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER];
    await append(mine, [said(a, 1, 1)]);
    assert.deepEqual(await append(mine, [said(a, 2, 2 ** 31 - 1, { at, fence })]), [stored]);
    const [kept] = await ask(
      server,
      'SELECT CAST(at AS CHAR) AS at, seq, CAST(fence AS CHAR) AS fence FROM entries WHERE pos = 2',
    );
    assert.deepEqual([kept?.at, kept?.seq, kept?.fence], [String(at), 2 ** 31 - 1, String(fence)]);
  });

  it('a node that began on an empty database follows as well', async () => {
    await emptied(server);
    const store = openStore(url);
    await store.call('ping', {});
    await store.migrate();
    await atRest(store);
    assert.ok((await store.call('append', { groups: [[said(a, 1, 1)]] })).ok);
    const next = await counted(server, () => store.call('append', { groups: [[said(a, 2, 2)]] }));
    assert.deepEqual(next, { Com_insert: 1 });
    store.close();
  });

  it('a server that was killed is not believed to have what its connections knew', async () => {
    const store = openStore(url);
    const said3 = () => store.call('append', { groups: [[said(a, 3, 3)]] });
    for (const pos of [1, 2]) assert.ok((await store.call('append', { groups: [[said(a, pos, pos)]] })).ok);
    await server.kill();
    await server.start();
    await ask(server, 'DELETE FROM entries WHERE pos = 2');
    await eventually(becomesSoMsMax, async () => (await said3()).ok);
    const answer = await said3();
    assert.deepEqual(answer.ok && answer.value.outcomes, [conflict]);
    store.close();
  });

  it('to a server that is far away a connection is made without preparing what would not be worth the way', async () => {
    const proxy = await startFaultProxy(server);
    const slowMs = 40;
    await proxy.set({ type: 'slow', ms: slowMs });
    const before = await preparedSoFar();
    const far = await opened(sqlUrl(proxy.port), slowMs / 2);
    assert.ok((await preparedSoFar()) - before <= preparedFarMax);
    const many = Array.from({ length: followingRowsMax }, (_, index) => room(`many${index}`));
    await append(far, ...many.map((of) => [said(of, 1, 1)]));
    const seen = await counted(server, async () => {
      const outcomes = await append(far, ...many.map((of) => [said(of, 2, 2)]));
      assert.deepEqual(outcomes, Array(followingRowsMax).fill(stored));
    });
    assert.deepEqual(seen, { Com_insert_select: 1 });
    assert.deepEqual(await counted(server, () => append(far, [said(room('many0'), 3, 3)])), { Com_insert: 1 });
    far.destroy();
    await proxy.close();
  });

  async function preparedSoFar(): Promise<number> {
    const [found] = await ask(server, "SHOW GLOBAL STATUS LIKE 'Com_stmt_prepare'");
    return Number(found?.Value);
  }
});
