// Owns the proof that an append on a MySQL or MariaDB server tells the truth by name of the danger: who is guilty, who comes
// late, who dies.
// It brings about each danger with the server's own means, and looks at the rows past the store.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { type Entry, store as storeAddress } from '../../actors/mod.ts';
import { startLocal, systemClock } from '../../runtime/mod.ts';
import { mysqlStore, openStore } from '../../stores/mod.ts';
import { mysqlDialect } from '../../stores/mysql/dialect.ts';
import { Session } from '../../stores/mysql/session.ts';
import { parseMysqlUrl } from '../../stores/mysql/url.ts';
import { append as appendQuery } from '../../stores/sql/append.ts';
import type { Query, Step, StepResult } from '../../stores/sql/query.ts';
import { type SqlServer, sqlFlavour, sqlServerName, startSqlServer } from '../support/backends/mod.ts';
import { opened, room, said } from '../support/entries.ts';
import { ask, emptied } from '../support/mysql.ts';
import { needs } from '../support/needs.ts';
import { eventually } from '../support/stopwatch.ts';

const a = room('a');
const b = room('b');
const failed = { type: 'failed', code: 'unavailable', retryable: true };
const stored = { type: 'stored' };
const soonMsMax = 5_000;

describe(`an append on ${sqlServerName}`, { skip: needs('sql-server') }, () => {
  let server: SqlServer;
  let url: string;
  let store: ReturnType<typeof openStore>;

  before(async () => {
    server = await startSqlServer();
  });
  after(() => server.stop());
  beforeEach(async () => {
    url = await emptied(server);
    store = openStore(url);
    await store.migrate();
  });
  afterEach(() => store.close());

  /** What became of each group; null: nobody knows. */
  async function append(...groups: readonly (readonly Entry[])[]) {
    const answer = await store.call('append', { groups });
    return answer.ok ? answer.value.outcomes : null;
  }

  const rows = async () => (await ask(server, 'SELECT id FROM entries ORDER BY room, pos')).map(({ id }) => id);
  const idsOf = (...entries: readonly Entry[]) => entries.map(({ id }) => id);

  it('the guilty row of a batch of many rooms fails alone, and everybody else is stored', async () => {
    const first = said(room('guest7'), 1, 1, { cmid: 'once' });
    await append([first]);
    const groups = Array.from({ length: 40 }, (_, index) => [
      said(room(`guest${index}`), index === 7 ? 2 : 1, index === 7 ? 2 : 1),
    ]);
    // One of each kind: a number that is out of range, a repeat, a gap, a message without a text.
    groups[3] = [said(room('guest3'), 1, 2 ** 31)];
    groups[7] = [said(room('guest7'), 2, 2, { cmid: 'once', text: 'again' })];
    groups[11] = [said(room('guest11'), 5, 5)];
    groups[15] = [said(room('guest15'), 1, 1, { text: null })];
    const outcomes = (await append(...groups)) ?? [];
    const others = outcomes.filter((_, index) => ![3, 7, 11, 15].includes(index));
    assert.deepEqual(others, Array(36).fill(stored));
    assert.deepEqual(outcomes[3], { type: 'failed', code: 'invalid', retryable: false });
    assert.deepEqual(outcomes[7], { type: 'repeat', entry: first });
    assert.deepEqual(outcomes[11], { type: 'conflict' });
    assert.deepEqual(outcomes[15], { type: 'failed', code: 'invalid', retryable: false });
    assert.equal((await rows()).length, 37);
  });

  it('a cmid that differs in case only is another message', async () => {
    assert.deepEqual(await append([said(a, 1, 1, { cmid: 'kEy' })], [said(a, 2, 2, { cmid: 'key' })]), [
      stored,
      stored,
    ]);
  });

  it('what people say makes no files on the server, alone or many at once', async () => {
    await append([opened(a, 1), said(a, 2, 1)]);
    const before = await filesMade();
    await append([said(a, 3, 2, { text: 'é'.repeat(1_000) })]);
    await append(...Array.from({ length: 200 }, (_, index) => [said(room(`guest${index}`), 1, 1)]));
    assert.equal((await filesMade()) - before, 0);
    assert.equal((await rows()).length, 203);
  });

  async function filesMade(): Promise<number> {
    const [found] = await ask(server, "SHOW GLOBAL STATUS LIKE 'Created_tmp_disk_tables'");
    return Number(found?.Value);
  }

  it('a text of any length is kept whole, alone or beside short ones', async () => {
    const texts = [
      'short',
      'x'.repeat(1_000),
      'x'.repeat(1_001),
      '😀'.repeat(500),
      '😀'.repeat(1_001),
      '"'.repeat(10_000),
    ];
    const alone = texts.map((text, index) => said(room(`alone${index}`), 1, 1, { text }));
    for (const entry of alone) assert.deepEqual(await append([entry]), [stored]);
    const beside = texts.map((text, index) => said(room(`beside${index}`), 1, 1, { text }));
    const named = said(b, 1, 1, { author: { kind: 'visitor', id: 'sguest', name: 'é'.repeat(1_001) } });
    const many = Array.from({ length: 300 }, (_, index) => [said(room(`many${index}`), 1, 1)]);
    await append(...beside.map((entry) => [entry]), [named], ...many);
    for (const entry of [...alone, ...beside, named]) {
      const kept = await store.call('page', { room: entry.room, before: null, after: null, limit: 1 });
      const [message] = kept.ok ? kept.value.messages : [];
      assert.deepEqual([message?.text, message?.from], [entry.text, entry.author]);
    }
    assert.equal((await rows()).length, 2 * texts.length + 1 + 300);
  });

  it('a number that was given again to another message is a conflict, and the first keeps it', async () => {
    const [first, second] = [said(a, 1, 1), { ...said(a, 1, 1), id: 'mother', cmid: 'other' }];
    assert.deepEqual(await append([first]), [stored]);
    assert.deepEqual(await append([second]), [{ type: 'conflict' }]);
    assert.deepEqual(await append([second], [said(b, 1, 1)]), [{ type: 'conflict' }, stored]);
    assert.deepEqual(await rows(), idsOf(first, said(b, 1, 1)));
  });

  it('two nodes that give the same number at the same moment: one of them has it', async () => {
    const other = openStore(url);
    for (let pos = 1; pos <= 30; pos += 1) {
      const mine = said(a, pos, pos);
      const yours = { ...mine, id: `mx${pos}`, cmid: `x${pos}` };
      const outcomes = await Promise.all([append([mine]), other.call('append', { groups: [[yours]] })]);
      const types = [outcomes[0]?.[0]?.type, outcomes[1].ok ? outcomes[1].value.outcomes[0]?.type : null].sort();
      assert.deepEqual(types, ['conflict', 'stored'], `pos ${pos}`);
    }
    other.close();
    assert.equal((await rows()).length, 30);
  });

  it('the late statement of a frozen server is the first telling of what is told again: there once', async () => {
    await append([opened(a, 1), said(a, 2, 1)]);
    server.pause();
    const frozen = [said(a, 3, 2)];
    assert.equal(await append(frozen), null);
    server.resume();
    await eventually(soonMsMax, async () => (await append(frozen))?.[0]?.type === 'stored');
    assert.deepEqual(await append([said(a, 4, 3)]), [stored]);
    assert.deepEqual(await rows(), idsOf(opened(a, 1), said(a, 2, 1), said(a, 3, 2), said(a, 4, 3)));
  });

  it('a statement that comes late, after a later owner has written, changes nothing', async () => {
    await append([opened(a, 1), said(a, 2, 1)]);
    const late = [said(a, 3, 2)];
    await server.asAdministrator(async (administrator) => {
      await administrator.query(`LOCK TABLES ${server.database}.entries WRITE`);
      assert.equal(await append(late), null, 'its sender gave up');
      // Its number and its message id are free; the later owner takes the number.
      await administrator.query(
        `INSERT INTO ${server.database}.entries (id, room, site, pos, seq, kind, at, conversation, author_kind, author_id, author_name, text, fence)
         VALUES ('mlater', '${a}', 'demo', 3, 2, 'said', 1, 'c1', 'bot', 'other', 'Other', 'later owner', 2)`,
      );
      await administrator.query('UNLOCK TABLES');
    });
    await eventually(soonMsMax, async () => (await waiting()) === 0);
    assert.deepEqual(await rows(), [...idsOf(opened(a, 1), said(a, 2, 1)), 'mlater']);
    await eventually(soonMsMax, async () => (await append(late))?.[0]?.type === 'conflict');
  });

  /** Statements of the chat's account that the server still works on. */
  async function waiting(): Promise<number> {
    const found = await ask(
      server,
      `SELECT COUNT(*) AS n FROM information_schema.processlist WHERE user = '${server.user}' AND command IN ('Query', 'Execute')`,
    );
    return Number(found[0]?.n);
  }

  it('a gate that is ended inside of a transaction leaves nothing behind, wherever it was', async () => {
    const groups = [[said(a, 1, 1)], [said(a, 9, 9)], [said(b, 1, 1)]];
    for (let statements = 1; statements <= 5; statements += 1) {
      await endedAfter(statements, appendQuery(mysqlDialect(sqlFlavour), groups));
      await eventually(soonMsMax, async () => (await waiting()) === 0);
      await eventually(soonMsMax, async () => (await openTransactions()) === 0);
      assert.deepEqual(await rows(), [], `ended after ${statements}`);
    }
    assert.deepEqual(await append(...groups), [stored, { type: 'conflict' }, stored]);
  });

  it('a gate that is ended while its commit is under way: the repeat finds the truth, and there is one of each', async () => {
    const groups = [[said(a, 1, 1)], [said(a, 9, 9)], [said(b, 1, 1)]];
    await endedDuring('commit', appendQuery(mysqlDialect(sqlFlavour), groups));
    await eventually(soonMsMax, async () => (await openTransactions()) === 0);
    assert.deepEqual(await append(...groups), [stored, { type: 'conflict' }, stored]);
    assert.deepEqual(await rows(), idsOf(said(a, 1, 1), said(b, 1, 1)));
  });

  async function openTransactions(): Promise<number> {
    const found = await ask(server, 'SELECT COUNT(*) AS n FROM information_schema.innodb_trx');
    return Number(found[0]?.n);
  }

  async function endedAfter(statements: number, query: Query<unknown>): Promise<void> {
    let done = 0;
    await ended(query, () => {
      done += 1;
      return done > statements ? 'before' : 'go';
    });
    assert.ok(done > statements, 'the query was not at its end');
  }

  function endedDuring(type: Step['type'], query: Query<unknown>): Promise<void> {
    return ended(query, (step) => (step.type === type ? 'during' : 'go'));
  }

  /** Drives the query by hand until its connection is destroyed, as the end of a thread destroys it. */
  async function ended(query: Query<unknown>, when: (step: Step) => 'go' | 'before' | 'during'): Promise<void> {
    const session = new Session(
      parseMysqlUrl(url),
      () => undefined,
      () => undefined,
    );
    await session.open();
    let next = query.next();
    while (!next.done) {
      const step = next.value;
      const fate = when(step);
      if (fate === 'before') break;
      const result = session.drive(alone(step));
      if (fate === 'during') {
        // Written to the socket in this turn, and nobody waits for what it says.
        void result.catch(() => undefined);
        await new Promise((resolve) => setImmediate(resolve));
        break;
      }
      next = query.next(await result);
    }
    session.destroy();
  }

  it('on a read-only server every group fails and may be repeated, and what was said before is still known', async () => {
    await append([said(a, 1, 1)]);
    await ask(server, 'SET GLOBAL read_only = 1');
    assert.deepEqual(await append([said(a, 2, 2)], [said(b, 1, 1)]), [failed, failed]);
    assert.deepEqual(await append([said(a, 1, 1)]), [stored]);
    await ask(server, 'SET GLOBAL read_only = 0');
    assert.deepEqual(await append([said(a, 2, 2)]), [stored]);
  });

  it('while somebody else holds the row the append waits a second, then fails and may be repeated', async () => {
    await append([said(a, 1, 1)]);
    await server.asAdministrator(async (administrator) => {
      await administrator.query(`USE ${server.database}`);
      await administrator.query('START TRANSACTION');
      await administrator.query(
        "INSERT INTO entries SELECT 'mheld', room, site, 2, 2, kind, at, conversation, author_kind, author_id, author_name, 'held', text, data, fence FROM entries",
      );
      const start = performance.now();
      assert.deepEqual(await append([said(a, 2, 2)]), [failed]);
      assert.ok(performance.now() - start < 2_000);
      await administrator.query('ROLLBACK');
    });
    assert.deepEqual(await append([said(a, 2, 2)]), [stored]);
  });

  it('a server that is killed with -9 while it is written to has everything that was acknowledged, once', async () => {
    const rooms = Array.from({ length: 8 }, (_, index) => room(`k${index}`));
    const acknowledged: string[] = [];
    let writing = true;
    const writer = async (of: ReturnType<typeof room>) => {
      for (let pos = 1; writing; ) {
        const entry = said(of, pos, pos);
        const outcome = (await append([entry]))?.[0]?.type;
        assert.ok(outcome === undefined || outcome === 'stored' || outcome === 'failed', `${of} ${pos}: ${outcome}`);
        if (outcome !== 'stored') await new Promise((resolve) => setImmediate(resolve));
        else {
          acknowledged.push(entry.id);
          pos += 1;
        }
      }
    };
    const writers = rooms.map(writer);
    for (let kill = 1; kill <= 2; kill += 1) {
      const before = acknowledged.length;
      await eventually(soonMsMax, () => acknowledged.length > before + 200);
      await server.kill();
      await server.start();
    }
    const after = acknowledged.length;
    const back = await eventually(soonMsMax, () => acknowledged.length > after);
    assert.ok(back < 1_000, `back after ${back} ms`);
    writing = false;
    await Promise.all(writers);
    const found = (await rows()).map(String);
    assert.equal(new Set(found).size, found.length);
    assert.deepEqual([...acknowledged].sort(), [...found].sort());
  });

  it('the actor starts without the server, says so, and serves within a second of its coming', async () => {
    await server.kill();
    const node = await startLocal({
      behaviours: [mysqlStore],
      clock: systemClock(),
      tree: {
        strategy: 'oneForOne',
        children: [{ id: 'store', name: 'store', behaviour: 'mysqlStore', args: { url } }],
      },
    });
    const state = async () => {
      const status = await node.call(storeAddress, 'status', {});
      return status.ok ? status.value.gates[0]?.state : null;
    };
    const call = () => node.call(storeAddress, 'append', { groups: [[said(a, 1, 1)]] });
    const refused = await call();
    assert.deepEqual(!refused.ok && [refused.error.code, refused.error.retryable], ['unavailable', true]);
    await eventually(soonMsMax, async () => (await state()) === 'down');
    await server.start();
    const tookMs = await eventually(soonMsMax, async () => (await call()).ok);
    assert.ok(tookMs < 1_000, `served after ${tookMs} ms`);
    assert.equal(await state(), 'up');
    await node.stop();
  });
});

function* alone(step: Step): Query<StepResult> {
  return yield step;
}
