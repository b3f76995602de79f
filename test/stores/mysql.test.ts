// Owns the proof of what the store asks of a MySQL or MariaDB server and does there: statements, settings, tables, and who may be refused.
// What is counted is counted by the server.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { openStore } from '../../stores/mod.ts';
import { collations, mysqlDialect } from '../../stores/mysql/dialect.ts';
import { Session } from '../../stores/mysql/session.ts';
import { parseMysqlUrl, targetOf } from '../../stores/mysql/url.ts';
import { migrate } from '../../stores/sql/migrations.ts';
import type { Query } from '../../stores/sql/query.ts';
import { type SqlServer, sqlFlavour, sqlServerName, startSqlServer } from '../support/backends/mod.ts';
import { opened, operatorNamed, room, said } from '../support/entries.ts';
import { ask, atRest, counted, emptied, rowsRead, tablesOf } from '../support/mysql.ts';
import { needs } from '../support/needs.ts';
import { eventually } from '../support/stopwatch.ts';

const a = room('a');
const b = room('b');

const soonMsMax = 5_000;
const fewRows = 1_000;

describe('the address of a database', () => {
  it('names a server, an account and one database; what is left out is the usual', () => {
    const bare = { port: 3_306, tls: 'off', authority: null } as const;
    assert.deepEqual(parseMysqlUrl('mysql://ann:p%40ss%2F@db.example/chat'), {
      ...bare,
      host: 'db.example',
      user: 'ann',
      password: 'p@ss/',
      database: 'chat',
    });
    assert.deepEqual(parseMysqlUrl('mariadb://ann@db.example:3307/chat?ssl=on'), {
      ...bare,
      host: 'db.example',
      port: 3_307,
      user: 'ann',
      password: '',
      database: 'chat',
      tls: 'checked',
    });
    assert.equal(targetOf(parseMysqlUrl('mysql://ann:secret@[::1]/chat')), '[::1]:3306');
  });

  const wrong: readonly (readonly [string, RegExp])[] = [
    ['mysql://ann:s3cret@/chat', /cannot be read|host is missing/],
    ['mysql://:s3cret@db/chat', /user is missing/],
    ['mysql://ann:s3cret@db', /one database/],
    ['mysql://ann:s3cret@db/chat/more', /one database/],
    ['mysql://ann:s3cret%zz@db/chat', /password is not encoded/],
    ['mysql://ann:s3cret@db:99999/chat', /cannot be read/],
    ['mysql://ann:s3cret@db/chat?s3cret=1', /other than ssl and ca/],
    ['mysql://ann:s3cret@db/chat?ssl=perhaps', /ssl must be on, off or unchecked/],
    ['mysql://ann:s3cret@10.0.0.1/chat?ssl=on', /host must be a name/],
    ['mysql://ann:s3cret@[::1]/chat?ssl=on', /host must be a name/],
    ['mysql://ann:s3cret@db/chat?ca=/nowhere/ca.pem', /file of ca cannot be read/],
    ['postgres://ann:s3cret@db/chat', /cannot be read/],
  ];
  for (const [text, why] of wrong) {
    it(`${text.replaceAll('s3cret', '…')} is refused with the setting's name and without the password`, () => {
      assert.throws(
        () => parseMysqlUrl(text, 'PARLA_DATABASE_URL'),
        ({ message }: Error) =>
          message.startsWith('PARLA_DATABASE_URL: ') && why.test(message) && !message.includes('s3cret'),
      );
    });
  }
});

describe(`the store on ${sqlServerName}`, { skip: needs('sql-server') }, () => {
  let server: SqlServer;
  let url: string;
  before(async () => {
    // A server of the strict kind: no table without a primary key, and defaults that the chat must not inherit.
    const keyed = sqlFlavour === 'mariadb' ? '--innodb-force-primary-key=1' : '--sql-require-primary-key=ON';
    const settings = [keyed, '--sql-mode=', '--default-time-zone=+05:45'];
    server = await startSqlServer({ settings });
  });
  after(() => server.stop());
  beforeEach(async () => {
    url = await emptied(server);
  });

  async function withStore<T>(work: (store: ReturnType<typeof openStore>) => Promise<T>): Promise<T> {
    const store = openStore(url);
    try {
      await store.migrate();
      await atRest(store);
      return await work(store);
    } finally {
      store.close();
    }
  }

  async function withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = new Session(
      parseMysqlUrl(url),
      () => undefined,
      () => undefined,
    );
    try {
      await session.open();
      return await work(session);
    } finally {
      session.destroy();
    }
  }

  it('a batch of many rooms is one statement and one commit; a repeat writes nothing', () =>
    withStore(async (store) => {
      const groups = Array.from({ length: 60 }, (_, index) => {
        const of = room(`n${index % 40}`);
        return index < 40 ? [opened(of, 1), said(of, 2, 1)] : [said(of, 3, 2)];
      });
      const batch = await counted(server, () => store.call('append', { groups }));
      assert.deepEqual(batch, { Com_insert_select: 1 });
      const single = await counted(server, () => store.call('append', { groups: [[said(a, 1, 1)]] }));
      assert.deepEqual(single, { Com_insert_select: 1 });
      const again = await counted(server, () => store.call('append', { groups: [[said(a, 1, 1)]] }));
      assert.deepEqual(again, { Com_insert_select: 1, Com_select: 1 });
      const [rows] = await ask(server, 'SELECT COUNT(*) AS entries FROM entries');
      assert.equal(rows?.entries, 101);
      const marks = groups.map(([first], index) => ({
        operator: operatorNamed('alice'),
        room: first?.room ?? a,
        seq: index + 1,
      }));
      assert.deepEqual(await counted(server, () => store.call('saveMarks', { marks })), {
        Com_insert: 1,
        Com_select: 1,
      });
    }));

  it('reading a past, a page or a tail writes nothing', () =>
    withStore(async (store) => {
      await store.call('append', { groups: [[opened(a, 1), said(a, 2, 1)]] });
      const read = await counted(server, async () => {
        await store.call('load', { room: a });
        await store.call('tail', { room: a });
        await store.call('page', { room: a, before: null, after: null, limit: 50 });
      });
      assert.deepEqual(Object.keys(read), ['Com_select']);
    }));

  it('the past of a room costs one statement, and the open conversations of a site one for each 16', () =>
    withStore(async (store) => {
      const rooms = Array.from({ length: 20 }, (_, index) => room(`open${index}`));
      const groups = rooms.map((one) => [opened(one, 1), said(one, 2, 1)]);
      assert.ok((await store.call('append', { groups })).ok);
      assert.deepEqual(await counted(server, () => store.call('load', { room: room('open7') })), { Com_select: 1 });
      const site = opened(a, 1).site;
      const all = await counted(server, () => store.call('conversations', { site, since: 0, closedAfter: 0 }));
      assert.deepEqual(all, { Com_select: 3 });
    }));

  it('the past of a room of thousands of messages is read as that of a small one', () =>
    withStore(async (store) => {
      const big = room('big');
      await store.call('append', { groups: [[opened(big, 1), said(big, 2, 1)]] });
      const groups = Array.from({ length: 4_000 }, (_, index) => [said(big, index + 3, index + 2)]);
      for (let first = 0; first < groups.length; first += 500) {
        await store.call('append', { groups: groups.slice(first, first + 500) });
      }
      // Of so many new rows the server itself reads thousands, for a second or two.
      const readsFew = (work: () => Promise<unknown>) =>
        eventually(soonMsMax, async () => (await rowsRead(server, work)) < fewRows);
      await readsFew(() => store.call('load', { room: big }));
      const { at, site } = said(big, 4_002, 4_001);
      await readsFew(() => store.call('conversations', { site, since: at, closedAfter: at }));
    }));

  it('every connection is strict, speaks UTC and four-byte characters, and sees what is committed', () =>
    withSession(async (session) => {
      const isolation = sqlFlavour === 'mariadb' ? 'tx_isolation' : 'transaction_isolation';
      const [settings] = await session.drive(
        rowsOf(`SELECT @@sql_mode AS mode, @@time_zone AS zone, @@${isolation} AS isolation,
          @@character_set_client AS client, @@collation_connection AS collation`),
      );
      assert.match(String(settings?.mode), /STRICT_ALL_TABLES/);
      const { mode: _, reply_of: __, ...others } = settings ?? {};
      assert.deepEqual(others, {
        zone: '+00:00',
        isolation: 'READ-COMMITTED',
        client: 'utf8mb4',
        collation: collations[sqlFlavour],
      });
    }));

  it('tables compare bytes, trailing spaces too, whatever the database and the server have as defaults', () =>
    withStore(async (store) => {
      const cmids = ['key', 'Key', 'key ', 'kéy', 'ke\u0301y', '🙂', '🙃'];
      const groups = cmids.map((cmid, index) => [said(a, index + 1, index + 1, { cmid })]);
      const answer = await store.call('append', { groups });
      assert.deepEqual(answer.ok && answer.value.outcomes.map(({ type }) => type), Array(7).fill('stored'));
      const columns = await ask(
        server,
        `SELECT DISTINCT collation_name AS name FROM information_schema.columns
         WHERE table_schema = DATABASE() AND collation_name IS NOT NULL AND table_name NOT IN ('messages', 'conversations')`,
      );
      assert.deepEqual(
        columns.map(({ name }) => name),
        [collations[sqlFlavour]],
      );
    }));

  it('people find the messages and conversations with their times in UTC', () =>
    withStore(async (store) => {
      const at = Date.UTC(2026, 1, 3, 4, 5, 6, 789);
      await store.call('append', { groups: [[{ ...opened(a, 1), at }, said(a, 2, 1, { at: at + 1 })]] });
      const [message] = await ask(server, 'SELECT CAST(said_at AS CHAR) AS said_at, text FROM messages');
      assert.deepEqual({ ...message }, { said_at: '2026-02-03 04:05:06.790000', text: 'line 1' });
      const [conversation] = await ask(
        server,
        'SELECT CAST(opened AS CHAR) AS opened, closed, state, messages FROM conversations',
      );
      assert.deepEqual(
        { ...conversation, messages: Number(conversation?.messages) },
        { opened: '2026-02-03 04:05:06.789000', closed: null, state: 'waiting', messages: 1 },
      );
    }));

  it('a migration that is killed after any of its statements is finished by the next start', async () => {
    const whole = openStore(url);
    const { applied } = await whole.migrate();
    const wanted = await tablesOf(server);
    let steps = 1;
    for (let ended = false; !ended; steps += 1) {
      await emptied(server);
      ended = await withSession((session) =>
        session.drive(killedAfter(steps, migrate(mysqlDialect(sqlFlavour), 'here'))),
      );
      const again = await whole.migrate();
      assert.equal(again.migration, applied.at(-1));
      assert.deepEqual(await tablesOf(server), wanted, `killed after statement ${steps}`);
      assert.deepEqual((await whole.migrate()).applied, []);
    }
    assert.ok(steps > 20, `${steps} statements`);
    whole.close();
  });

  it('nodes that start at once migrate once', async () => {
    const stores = Array.from({ length: 4 }, () => openStore(url));
    const migrated = await Promise.all(stores.map((store) => store.migrate()));
    const applied = migrated.filter((one) => one.applied.length > 0);
    assert.equal(applied.length, 1);
    for (const store of stores) store.close();
  });

  it("a newer version's database, another program's, and a server that takes too little are refused, each with its reason", async () => {
    await withStore(async () => undefined);
    await ask(server, "INSERT INTO migrations VALUES ('9999_future', '2030-01-01')");
    await assert.rejects(
      withStore(async () => undefined),
      { code: 'newer', message: /newer version of Parla.*9999_future/ },
    );
    await emptied(server);
    await ask(server, 'CREATE TABLE sites (id INT PRIMARY KEY)');
    await assert.rejects(
      withStore(async () => undefined),
      { code: 'foreign', message: /table sites of another program/ },
    );
    await emptied(server);
    await ask(server, 'CREATE TABLE migrations (id INT PRIMARY KEY, migration TEXT)');
    await ask(server, "INSERT INTO migrations VALUES (1, 'create_users')");
    await assert.rejects(
      withStore(async () => undefined),
      { code: 'foreign' },
    );
    await emptied(server);
    await ask(server, 'SET GLOBAL max_allowed_packet = 1048576');
    await assert.rejects(
      withStore(async () => undefined),
      { code: 'unfit', message: /max_allowed_packet is 1048576/ },
    );
    await ask(server, 'SET GLOBAL max_allowed_packet = 16777216');
  });

  it('a wrong password and an absent server are refused with a code and without the password', async () => {
    const { port } = server;
    const refused = async (text: string, code: RegExp) => {
      const store = openStore(text);
      await assert.rejects(
        store.migrate(),
        (error: Error) => code.test(error.message) && !error.message.includes('s3cret'),
      );
      const answer = await store.call('tail', { room: a });
      assert.ok(!answer.ok && answer.error.code === 'unavailable' && answer.error.retryable);
      store.close();
    };
    await refused(`mysql://parla:s3cret@127.0.0.1:${port}/parla`, /ER_ACCESS_DENIED_ERROR/);
    await refused('mysql://parla:s3cret@127.0.0.1:1/parla', /ECONNREFUSED/);
  });

  it('values are values: nothing in them is SQL', () =>
    withStore(async (store) => {
      const hostile = [
        "'; DROP TABLE entries; --",
        '\\',
        '"\\"',
        '`',
        '\u0000\u001a',
        '?',
        '%s',
        '{"a":[1]}',
        "\\'; --",
      ];
      const groups = hostile.map((text, index) => [
        said(a, index + 1, index + 1, { text, cmid: text, author: { kind: 'bot', id: 'other', name: text } }),
      ]);
      const types = async (asked: typeof groups) => {
        const answer = await store.call('append', { groups: asked });
        return answer.ok && answer.value.outcomes.map(({ type }) => type);
      };
      assert.deepEqual(
        await types(groups),
        hostile.map(() => 'stored'),
      );
      assert.deepEqual(
        await types(groups),
        hostile.map(() => 'stored'),
        'and each is known again',
      );
      const past = await store.call('load', { room: a });
      assert.deepEqual(past.ok && past.value.messages.map(({ text }) => text), hostile);
      assert.deepEqual(await types([[said(b, 1, 1, { cmid: '\ud800' })]]), ['failed']);
    }));
});

function* rowsOf(sql: string): Query<readonly { readonly [column: string]: unknown }[]> {
  return (yield { type: 'rows', sql, values: [] }) as readonly { readonly [column: string]: unknown }[];
}

/** True when the query came to its end before. */
function* killedAfter(statements: number, query: Query<unknown>): Query<boolean> {
  let next = query.next();
  for (let done = 0; !next.done; done += 1) {
    if (done === statements) return false;
    next = query.next(yield next.value);
  }
  return true;
}
