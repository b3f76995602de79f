// Owns the proof that a call of the store ends in time with the truth whatever is between it and a MySQL or MariaDB server.
// The server is real, and so are the bytes; a proxy cuts, delays and doubles what the server says.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { Entry } from '../../actors/mod.ts';
import type { Gate, GateCall } from '../../stores/gate/mod.ts';
import { openStore } from '../../stores/mod.ts';
import { ask } from '../../stores/mysql/ask.ts';
import { mysqlGate, sessionsMax } from '../../stores/mysql/gate.ts';
import { Pool } from '../../stores/mysql/pool.ts';
import { parseMysqlUrl } from '../../stores/mysql/url.ts';
import { row } from '../../stores/sql/query.ts';
import { type SqlServer, sqlServerName, sqlUrl, startSqlServer } from '../support/backends/mod.ts';
import { opened, room, said } from '../support/entries.ts';
import { type FaultProxy, garbage, startFaultProxy } from '../support/fault-proxy.ts';
import { heapBytes } from '../support/heap.ts';
import { emptied } from '../support/mysql.ts';
import { needs } from '../support/needs.ts';
import { eventually } from '../support/stopwatch.ts';

const a = room('a');
const b = room('b');
const stored = { ok: true, value: { outcomes: [{ type: 'stored' }] } };
/** What a caller waits at most, with the two turns of grace and this machine's own pauses. */
const writeMsMax = 2_000;
const readMsMax = 3_000;
const backMsMax = 1_000;
/** Far more than anything that a test waits for takes. */
const becomesSoMsMax = 10_000;

interface Place {
  readonly proxy: FaultProxy;
  readonly gate: Gate<Pool>;
}

describe(`the store on a ${sqlServerName} in trouble`, { skip: needs('sql-server') }, () => {
  let server: SqlServer;
  let place: Place;

  before(async () => {
    server = await startSqlServer();
  });
  after(() => server.stop());
  beforeEach(async () => {
    const direct = openStore(await emptied(server));
    await direct.migrate();
    const proxy = await startFaultProxy(server);
    place = { proxy, gate: mysqlGate(parseMysqlUrl(sqlUrl(proxy.port)), {}) };
    assert.deepEqual(await append([opened(a, 1), said(a, 2, 1)]), stored);
    // The gate's own first look must be over: each test begins with a server that is known to be well.
    await eventually(becomesSoMsMax, () => place.gate.status().pending === 0);
  });
  afterEach(async () => {
    place.gate.close();
    await place.proxy.close();
  });

  const append = (...groups: readonly (readonly Entry[])[]) => ask(place.gate, 'append', { groups });
  const tail = (of = a) => ask(place.gate, 'tail', { room: of });
  const lastOf = async (of = a) => {
    const answer = await tail(of);
    return answer.ok ? answer.value.pos : answer.error.code;
  };

  async function timed<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly ms: number }> {
    const start = performance.now();
    const value = await work();
    return { value, ms: performance.now() - start };
  }

  /** In use again within a second, asked as the chat asks: over and over. */
  async function backInUse(): Promise<void> {
    const ms = await eventually(becomesSoMsMax, async () => (await tail()).ok);
    assert.ok(ms < backMsMax, `back after ${ms} ms`);
  }

  it('after a reply that was reset at any of its first 64 bytes, the next call is answered', async () => {
    for (let bytes = 1; bytes <= 64; bytes += 1) {
      await place.proxy.set({ type: 'cut', afterBytes: bytes, ending: 'reset' });
      const { value, ms } = await timed(() => tail());
      assert.ok(value.ok || value.error.retryable, `${bytes} bytes`);
      assert.ok(ms < readMsMax, `${bytes} bytes took ${ms} ms`);
      await place.proxy.set({ type: 'none' });
      assert.equal(await lastOf(), 2, `after ${bytes} bytes`);
    }
  });

  it('an append whose reply was cut is unknown to its sender, is there once, and is stored when it is asked again', async () => {
    for (let pos = 3; pos <= 20; pos += 1) {
      const group = [said(a, pos, pos - 1)];
      // The reply of a change is 40 bytes or so: any part of it.
      await place.proxy.set({ type: 'cut', afterBytes: 2 * (pos - 3), ending: 'reset' });
      assert.equal((await append(group)).ok, false);
      await place.proxy.set({ type: 'none' });
      assert.deepEqual(await append(group), stored);
    }
    assert.equal(await lastOf(), 20);
  });

  it('after 100 replies of which a part came and then nothing, 8 queries run beside each other', async () => {
    const others = place.proxy.connections.open;
    const pool = new Pool(parseMysqlUrl(sqlUrl(place.proxy.port)), sessionsMax, () => undefined);
    const patient: GateCall = { onExpiry: () => undefined };
    const one = (call: GateCall) =>
      pool.use(call, (session) => session.drive(row('SELECT SLEEP(0.05) AS slept, CONNECTION_ID() AS id')));
    for (let fault = 0; fault < 100; fault += 1) {
      // In turn while it is greeted, while it is set up, and in the midst of its first answer.
      await place.proxy.set({ type: 'cut', afterBytes: 1 + fault * 3, ending: 'silence' });
      let expire: () => void = () => undefined;
      const call: GateCall = {
        onExpiry: (end) => {
          expire = end;
        },
      };
      // Whether it ends well or not is not asked here: only that its place comes back.
      const harmed = one(call).catch(() => undefined);
      await eventually(becomesSoMsMax, () => place.proxy.harmed > 0);
      expire();
      await Promise.race([harmed, new Promise((resolve) => setImmediate(resolve))]);
    }
    await place.proxy.set({ type: 'none' });
    const rows = await Promise.all(Array.from({ length: sessionsMax }, () => one(patient)));
    assert.equal(new Set(rows.map((read) => read?.id)).size, sessionsMax);
    pool.close();
    await eventually(becomesSoMsMax, () => place.proxy.connections.open === others);
  });

  it('a server that falls silent costs a caller its own deadline, then nothing, and is back in use within a second', async () => {
    await place.proxy.set({ type: 'silence' });
    const [write, read] = await Promise.all([timed(() => append([said(a, 3, 2)])), timed(() => tail())]);
    assert.equal(write.value.ok, false);
    assert.ok(write.ms < writeMsMax, `${write.ms} ms`);
    assert.equal(read.value.ok, false);
    assert.ok(read.ms < readMsMax, `${read.ms} ms`);
    const refused = await timed(() => append([said(a, 3, 2)]));
    assert.ok(!refused.value.ok && refused.ms < 20, `refused after ${refused.ms} ms`);
    await place.proxy.set({ type: 'none' });
    await backInUse();
    assert.deepEqual(await append([said(a, 3, 2)]), stored);
    assert.equal(await lastOf(), 3);
  });

  it('garbage for a reply, and a length that lies, end the connection and take no memory', async () => {
    const before = process.memoryUsage().rss;
    const lies = Buffer.from([0xff, 0xff, 0xff, 0x01, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    for (const reply of [() => garbage(64), () => garbage(4_096, 7), () => lies]) {
      await place.proxy.set({ type: 'rewrite', reply });
      const { value, ms } = await timed(() => append([said(b, 1, 1)]));
      assert.equal(value.ok, false);
      assert.ok(ms < writeMsMax, `${ms} ms`);
      await place.proxy.set({ type: 'none' });
      await backInUse();
    }
    assert.ok(process.memoryUsage().rss - before < 32 * 1_024 * 1_024);
    assert.deepEqual(await append([said(b, 1, 1)]), stored);
  });

  it('a reply that comes twice is never taken for the answer to another question', async () => {
    assert.deepEqual(await append([said(b, 1, 1), said(b, 2, 2), said(b, 3, 3)]), stored);
    await place.proxy.set({ type: 'duplicate' });
    const wanted = new Map([
      [a, 2],
      [b, 3],
      [room('nobody'), 0],
    ]);
    for (let round = 0; round < 30; round += 1) {
      for (const [of, pos] of wanted) {
        const answer = await lastOf(of);
        assert.ok(answer === pos || answer === 'unavailable', `${of}: ${answer}`);
      }
      const answer = await append([said(a, 3 + round, 2 + round)]);
      const isStored = answer.ok && answer.value.outcomes[0]?.type === 'stored';
      if (isStored)
        assert.equal(
          (
            (await server.asAdministrator((c) =>
              c.query(`SELECT id FROM parla.entries WHERE id = '${said(a, 3 + round, 0).id}'`),
            )) as unknown[][]
          )[0]?.length,
          1,
        );
      else break;
    }
    await place.proxy.set({ type: 'none' });
    await backInUse();
  });

  it('replies that change places are never taken for one another', async () => {
    await place.proxy.set({ type: 'swap' });
    const answers = await Promise.all([lastOf(a), lastOf(b), lastOf(a), lastOf(b)]);
    for (const [index, answer] of answers.entries()) {
      assert.ok(answer === 'unavailable' || answer === (index % 2 === 0 ? 2 : 0), String(answer));
    }
    await place.proxy.set({ type: 'none' });
    await backInUse();
  });

  it('a server that is 1.5 s slow is waited for: what it says is in time', async () => {
    // Over a connection that is there: one that takes seconds to be made is not waited for.
    await eventually(becomesSoMsMax, async () => (await tail()).ok);
    await place.proxy.set({ type: 'slow', ms: 1_500 });
    const { value, ms } = await timed(() => append([said(a, 3, 2)]));
    assert.deepEqual(value, stored);
    assert.ok(ms < writeMsMax, `${ms} ms`);
  });

  it('a server that lets nobody in is not tried by each of those who wait', async () => {
    await place.proxy.set({ type: 'cut', afterBytes: 1, ending: 'reset' });
    place.proxy.resetAll();
    const before = place.proxy.connections.made;
    const answers = await Promise.all(Array.from({ length: 900 }, () => tail()));
    assert.ok(answers.every((answer) => !answer.ok && answer.error.retryable));
    const made = place.proxy.connections.made - before;
    assert.ok(made <= 10 * sessionsMax, `${made} connections`);
    await place.proxy.set({ type: 'none' });
    await backInUse();
  });

  it('where nobody listens 50,000 calls are settled within a second and in little memory, and the return is noticed', async () => {
    await place.proxy.set({ type: 'absent' });
    await eventually(becomesSoMsMax, async () => !(await tail()).ok);
    const before = heapBytes();
    const start = process.cpuUsage();
    const answers = await Promise.all(Array.from({ length: 50_000 }, () => tail()));
    const { user, system } = process.cpuUsage(start);
    // The processor's time and not the clock's: other programs on this machine are no server that is absent.
    const tookMs = (user + system) / 1_000;
    assert.ok(answers.every((answer) => !answer.ok && answer.error.retryable));
    assert.ok(tookMs < 1_000, `${tookMs} ms`);
    answers.length = 0;
    const grown = heapBytes() - before;
    assert.ok(grown < 20 * 1_024 * 1_024, `${grown} bytes`);
    await place.proxy.set({ type: 'none' });
    await backInUse();
  });
});
