// Owns the promises of a gate with its time in hand: what each caller hears, and what a client's failure costs.
// The clients are played; gate-sockets.test.ts has real ones.

import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { Gate, GateError, type GateOptions, type GateResult, type Verdict } from '../../stores/gate/mod.ts';
import { ManualGateClock } from '../support/manual-gate-clock.ts';

/** A client whose answers a test gives by hand. */
class Client {
  closed = 0;
  readonly waiting: { resolve(value: string): void; reject(error: Error): void }[] = [];
  readonly failed: (error: unknown) => void;

  constructor(failed: (error: unknown) => void) {
    this.failed = failed;
  }

  close(): void {
    this.closed += 1;
  }

  readonly ask = () => new Promise<string>((resolve, reject) => void this.waiting.push({ resolve, reject }));

  answer(value = 'here'): void {
    this.waiting.shift()?.resolve(value);
  }

  refuse(verdict: Verdict): void {
    this.waiting.shift()?.reject(new GateError(verdict, `it is ${verdict}`));
  }
}

interface Stage {
  readonly gate: Gate<Client>;
  readonly clock: ManualGateClock;
  readonly clients: Client[];
  readonly counted: string[];
  readonly said: string[];
  readonly last: () => Client;
  readonly ask: (deadlineMs?: number) => Promise<GateResult<string>>;
}

const gates: Gate<Client>[] = [];
afterEach(() => {
  for (const gate of gates.splice(0)) gate.close();
});

function stage(options: Partial<GateOptions<Client>> = {}): Stage {
  const clock = new ManualGateClock();
  const clients: Client[] = [];
  const counted: string[] = [];
  const said: string[] = [];
  const gate = new Gate<Client>({
    backend: 'memcached',
    target: 'one:11211',
    open: (failed) => {
      const client = new Client(failed);
      clients.push(client);
      return client;
    },
    close: (client) => client.close(),
    probe: (client) => client.ask(),
    probeMs: 250,
    judge: (error) => (error as GateError).code as Verdict,
    pendingMax: 1_000,
    onChange: ({ state }) => void said.push(state),
    count: (metric, { kind }) => void counted.push(`${metric} ${kind}`),
    clock,
    ...options,
  });
  gates.push(gate);
  const last = () => clients.at(-1) ?? assert.fail('no client was opened');
  const ask = (deadlineMs = 250) => gate.run((client) => client.ask(), deadlineMs);
  return { gate, clock, clients, counted, said, last, ask };
}

/** A gate whose first probe was answered. */
async function up(options: Partial<GateOptions<Client>> = {}): Promise<Stage> {
  const made = stage(options);
  await made.clock.settle();
  made.last().answer();
  await made.clock.settle();
  assert.equal(made.gate.status().state, 'up');
  return made;
}

function reasonOf(result: GateResult<unknown>): string {
  return result.ok ? 'ok' : result.reason;
}

describe('a caller of a gate', () => {
  it('gets what the backend answers', async () => {
    const { ask, last, clock } = await up();
    const asked = ask();
    last().answer('a value');
    await clock.settle();
    assert.deepEqual(await asked, { ok: true, value: 'a value' });
  });

  it('hears `answer` when the backend says no, and the client stays', async () => {
    const { gate, ask, last, clients } = await up();
    const asked = ask();
    last().refuse('answer');
    assert.equal(reasonOf(await asked), 'answer');
    assert.equal(clients.length, 1);
    assert.deepEqual([gate.status().breaker, gate.status().failures], ['closed', 0]);
  });

  it('hears `deadline` when its time is over, and not before', async () => {
    const { ask, clock } = await up();
    let heard: string | null = null;
    void ask().then((result) => {
      heard = reasonOf(result);
    });
    await clock.advance(249);
    assert.equal(heard, null);
    await clock.advance(1);
    assert.equal(heard, 'deadline');
  });

  it('gets the answer that was in the socket while the loop stood still for longer than its deadline', async () => {
    const { ask, clock, last, clients } = await up();
    const asked = ask();
    clock.stall(400);
    last().answer('read after the stall');
    await clock.settle();
    assert.deepEqual(await asked, { ok: true, value: 'read after the stall' });
    assert.equal(clients.length, 1);
  });

  it('gets no exception out of work that throws before it waits', async () => {
    const { gate } = await up({ judge: () => 'broken' });
    const result = await gate.run(() => {
      throw new TypeError('a bug in the client');
    }, 250);
    assert.equal(reasonOf(result), 'broken');
  });

  it('gets no exception out of a verdict that throws', async () => {
    const { ask, last } = await up({
      judge: () => {
        throw new TypeError('a bug in the adapter');
      },
    });
    const asked = ask();
    last().refuse('answer');
    assert.equal(reasonOf(await asked), 'broken');
  });

  it('hears `overload` at once beyond the calls that may wait, and not at that number', async () => {
    const { gate, ask } = await up({ pendingMax: 3 });
    for (let call = 0; call < 3; call++) void ask();
    assert.equal(gate.status().pending, 3);
    assert.equal(reasonOf(await ask()), 'overload');
    assert.equal(gate.status().pending, 3);
  });

  it('hears `open` at once while the backend rests', async () => {
    const { ask, last } = await up();
    last().failed(new Error('reset'));
    assert.equal(reasonOf(await ask()), 'open');
  });

  it('hears `closed` when the gate is closed under it, and ever after', async () => {
    const { gate, ask, last, clock } = await up();
    const asked = ask();
    gate.close();
    assert.equal(reasonOf(await asked), 'closed');
    assert.equal(reasonOf(await ask()), 'closed');
    assert.equal(last().closed, 1);
    assert.equal(clock.alarms, 0);
  });

  it('waits for the first client, so that nobody is refused because the node has just started', async () => {
    const { ask, clock, clients } = stage();
    const asked = ask();
    await clock.settle();
    const [client] = clients;
    client?.answer('to the probe');
    client?.answer('to the caller');
    assert.deepEqual(await asked, { ok: true, value: 'to the caller' });
  });
});

describe('a client', () => {
  it('that is silent is retired whole, with all that wait for it', async () => {
    const { ask, clock, last, clients, counted } = await up();
    const first = ask();
    await clock.advance(100);
    const second = ask();
    await clock.advance(150);
    assert.deepEqual([await first, await second].map(reasonOf), ['deadline', 'broken']);
    assert.equal(last().closed, 1);
    assert.deepEqual(counted.slice(-3), ['gate_clients_retired deadline', 'gate_failures broken', 'gate_breaker open']);
    assert.equal(clients.length, 1);
  });

  it('that is silent to callers who expire together tells each of them `deadline`', async () => {
    const { ask, clock } = await up();
    const asked = Array.from({ length: 16 }, () => ask());
    await clock.advance(250);
    assert.deepEqual(new Set((await Promise.all(asked)).map(reasonOf)), new Set(['deadline']));
  });

  it('is not retired for a caller who was in a hurry', async () => {
    const { gate, ask, clock, last, clients } = await up();
    const asked = ask(10);
    await clock.advance(10);
    assert.equal(reasonOf(await asked), 'deadline');
    assert.equal(gate.status().pending, 1);
    last().answer('late');
    await clock.settle();
    assert.deepEqual([gate.status().pending, gate.status().breaker, clients.length], [0, 'closed', 1]);
  });

  it('that stays silent after a caller in a hurry is retired when a probe would have ended', async () => {
    const { ask, clock, last } = await up();
    void ask(10);
    await clock.advance(249);
    assert.equal(last().closed, 0);
    await clock.advance(1);
    assert.equal(last().closed, 1);
  });

  it('that speaks after it was retired is not heard', async () => {
    const { gate, ask, clock, clients } = await up();
    const asked = ask();
    await clock.advance(250);
    const old = clients[0] ?? assert.fail();
    await clock.advance(25);
    clients[1]?.answer();
    await clock.settle();
    assert.equal(gate.status().state, 'up');
    const { calls, failures } = gate.status();
    old.answer('SECRET-OF-A');
    old.failed(new Error('an old one breaks again'));
    await clock.settle();
    assert.equal(reasonOf(await asked), 'deadline');
    assert.deepEqual([gate.status().state, gate.status().calls, gate.status().failures], ['up', calls, failures]);
    assert.equal(old.closed, 1);
  });

  it('that arrives after its opening took too long is destroyed', async () => {
    const arrivals: ((client: Client) => void)[] = [];
    const { gate, clock } = stage({
      open: () => new Promise<Client>((resolve) => void arrivals.push(resolve)),
    });
    await clock.advance(250);
    assert.equal(gate.status().breaker, 'open');
    const late = new Client(() => undefined);
    arrivals[0]?.(late);
    await clock.settle();
    assert.equal(late.closed, 1);
  });

  it('that fails while it is opened, before anything waits for it, is opened again', async () => {
    let opened = 0;
    const { clock, gate } = stage({
      open: (failed) => {
        opened += 1;
        if (opened === 1) failed(new Error('at once'));
        return new Client(failed);
      },
      probe: () => Promise.resolve('well'),
    });
    await clock.settle();
    assert.equal(gate.status().state, 'down');
    await clock.advance(25);
    assert.deepEqual([opened, gate.status().state], [2, 'up']);
  });

  it('that cannot be destroyed hurts nobody', async () => {
    const { gate, last, clock, clients } = await up({
      close: () => {
        throw new TypeError('close of nothing');
      },
    });
    last().failed(new Error('reset'));
    await clock.advance(25);
    clients[1]?.answer();
    await clock.settle();
    assert.equal(gate.status().state, 'up');
  });

  it('of many connections loses the silent one only, until several in a row were silent', async () => {
    const { gate, clock, last } = await up({ expiredMax: 3 });
    let destroyed = 0;
    const ask = () =>
      gate.run((client, call) => {
        call.onExpiry(() => {
          destroyed += 1;
        });
        return client.ask();
      }, 250);
    for (let call = 1; call <= 2; call++) {
      void ask();
      await clock.advance(250);
      assert.deepEqual([destroyed, last().closed], [call, 0]);
    }
    void ask();
    await clock.advance(250);
    assert.deepEqual([destroyed, last().closed], [3, 1]);
  });
});

describe('a breaker', () => {
  it('rests 25 ms after a failure, twice as long after each further one, and never longer than half a second', async () => {
    const { gate, clock, last, clients } = await up();
    last().failed(new Error('reset'));
    for (const rest of [25, 50, 100, 200, 400, 500, 500]) {
      const before = clients.length;
      await clock.advance(rest - 1);
      assert.equal(clients.length, before, `nothing is asked within ${rest} ms`);
      await clock.advance(1);
      assert.equal(clients.length, before + 1, `a probe after ${rest} ms`);
      last().failed(new Error('reset again'));
      assert.equal(gate.status().breaker, 'open');
    }
  });

  it('opens at once before the first answer, and after five in a row of a backend that is unwell', async () => {
    const fresh = stage();
    await fresh.clock.settle();
    fresh.last().refuse('unwell');
    await fresh.clock.settle();
    assert.equal(fresh.gate.status().breaker, 'open');

    const { gate, ask, last, clients } = await up();
    for (let failure = 1; failure <= 5; failure++) {
      assert.equal(gate.status().breaker, 'closed');
      const asked = ask();
      last().refuse('unwell');
      assert.equal(reasonOf(await asked), 'unwell');
    }
    assert.equal(gate.status().breaker, 'open');
    assert.deepEqual([clients.length, last().closed], [1, 0], 'a client that answers is kept');
  });

  it('stays closed where writes fail and reads go on', async () => {
    const { gate, ask, last } = await up();
    for (let turn = 0; turn < 20; turn++) {
      const asked = ask();
      if (turn % 2 === 0) last().refuse('unwell');
      else last().answer();
      await asked;
    }
    assert.equal(gate.status().breaker, 'closed');
  });

  it('stays closed while a part fails and a probe finds another that serves, which it asks for no more often than it may take', async () => {
    const { gate, ask, clock, last, clients } = await up();
    for (let failure = 1; failure <= 50; failure++) {
      const asked = ask();
      last().refuse('part');
      assert.equal(reasonOf(await asked), 'unwell');
      if (failure === 1) last().answer('the probe');
      await clock.settle();
      assert.deepEqual([gate.status().breaker, last().waiting.length], ['closed', 0]);
    }
    await clock.advance(251);
    const asked = ask();
    last().refuse('part');
    await asked;
    assert.equal(last().waiting.length, 1, 'another look');
    assert.equal(clients.length, 1);
  });

  it('opens at the first probe that finds no part that serves, and keeps the client, which answers', async () => {
    const { gate, ask, clock, last, clients } = await up();
    const asked = ask();
    last().refuse('part');
    await asked;
    last().refuse('part');
    await clock.settle();
    assert.equal(gate.status().breaker, 'open');
    assert.deepEqual([clients.length, last().closed], [1, 0]);
    await clock.advance(25);
    last().answer();
    await clock.settle();
    assert.equal(gate.status().breaker, 'closed');
  });

  it('lets those through who only read while the backend answers, and what they get closes nothing', async () => {
    const { gate, ask, clock, last, clients } = await up();
    for (let failure = 1; failure <= 5; failure++) {
      const asked = ask();
      last().refuse('unwell');
      await asked;
    }
    const read = () => gate.read((client) => client.ask(), 250);
    for (let turn = 0; turn < 10; turn++) {
      const asked = read();
      last().answer('a copy');
      assert.deepEqual(await asked, { ok: true, value: 'a copy' });
      assert.deepEqual([gate.status().breaker, gate.status().state], ['open', 'down']);
      assert.equal(reasonOf(await ask()), 'open');
    }
    await clock.advance(25);
    const asked = read();
    assert.deepEqual([gate.status().breaker, last().waiting.length], ['halfOpen', 2]);
    last().answer('to the probe');
    last().answer('a copy');
    assert.deepEqual(await asked, { ok: true, value: 'a copy' });
    assert.deepEqual([gate.status().breaker, clients.length], ['closed', 1]);
  });

  it('refuses those who only read as well once its client is lost', async () => {
    const { gate, ask, last, clock } = await up();
    for (let failure = 1; failure <= 5; failure++) {
      const asked = ask();
      last().refuse('unwell');
      await asked;
    }
    const asked = gate.read((client) => client.ask(), 250);
    last().refuse('broken');
    assert.equal(reasonOf(await asked), 'broken');
    assert.equal(reasonOf(await gate.read((client) => client.ask(), 250)), 'open');
    await clock.advance(50);
    assert.equal(gate.status().breaker, 'halfOpen');
    assert.equal(reasonOf(await gate.read((client) => client.ask(), 250)), 'open');
  });

  it('opens where every write fails although every read is answered', async () => {
    const { gate, ask, last } = await up();
    for (let failure = 1; failure <= 5; failure++) {
      const write = ask();
      last().refuse('unwell');
      await write;
      const read = gate.read((client) => client.ask(), 250);
      last().answer();
      await read;
    }
    assert.equal(gate.status().breaker, 'open');
  });

  it('lets one probe through and refuses everybody else until it is answered', async () => {
    const { gate, ask, clock, last, clients } = await up();
    last().failed(new Error('reset'));
    await clock.advance(25);
    assert.equal(gate.status().breaker, 'halfOpen');
    assert.equal(reasonOf(await ask()), 'open');
    assert.equal(clients[1]?.waiting.length, 1);
    clients[1]?.answer();
    await clock.settle();
    assert.equal(gate.status().breaker, 'closed');
    const asked = ask();
    clients[1]?.answer('again');
    assert.deepEqual(await asked, { ok: true, value: 'again' });
  });

  it('brings a backend back within a second of being well, whenever in its rest or probe that is', async () => {
    for (let failing = 0; failing <= 3_000; failing += 37) {
      const well = { it: true };
      const { gate, clock } = await up({
        probe: () => (well.it ? Promise.resolve('well') : new Promise(() => undefined)),
      }).catch(() => assert.fail());
      well.it = false;
      void gate.run(() => new Promise(() => undefined), 250);
      await clock.advance(251 + failing);
      well.it = true;
      await clock.advance(999);
      assert.equal(gate.status().state, 'up', `${failing} ms into the fault`);
      gate.close();
    }
  });

  it('goes on resting longer for a backend that only answers its probes', async () => {
    const { clock, last, clients } = await up();
    for (let round = 0; round < 100; round++) {
      last().failed(new Error('reset'));
      await clock.advance(500);
      last().answer();
      await clock.settle();
    }
    const before = clients.length;
    last().failed(new Error('reset'));
    await clock.advance(499);
    assert.equal(clients.length, before);
  });

  it('recovers without traffic', async () => {
    const { gate, clock, last } = await up();
    last().failed(new Error('reset'));
    await clock.advance(25);
    last().answer();
    await clock.settle();
    assert.equal(gate.status().state, 'up');
  });
});

describe('what a gate tells', () => {
  it('is untried before the first answer, then up, down and up, each with its time', async () => {
    const { gate, clock, last } = stage();
    assert.equal(gate.status().state, 'untried');
    await clock.settle();
    last().answer();
    await clock.settle();
    assert.equal(gate.status().state, 'up');
    await clock.advance(5_000);
    last().failed(new Error('reset'));
    assert.deepEqual([gate.status().state, gate.status().changedAt], ['down', clock.now()]);
  });

  it('holds calls, failures, clients and latency', async () => {
    const { gate, ask, clock, last } = await up();
    const asked = ask();
    await clock.advance(40);
    last().answer();
    await asked;
    last().failed(Object.assign(new Error('connect 10.0.0.1 "password"'), { code: 'ECONNRESET' }));
    await ask();
    const { backend, target, calls, failures, generation, pending, latencyMs, lastError } = gate.status();
    assert.deepEqual(
      { backend, target, calls, failures, generation, pending, p99: latencyMs.p99, lastError },
      {
        backend: 'memcached',
        target: 'one:11211',
        calls: 2,
        failures: 1,
        generation: 1,
        pending: 0,
        p99: 40,
        lastError: 'ECONNRESET',
      },
    );
  });

  it('never repeats the text of an error', async () => {
    for (const [error, kind] of [
      [new Error('LOADING Redis is loading hunter2'), 'LOADING'],
      [new Error('near "hunter2"'), 'Error'],
      [Object.assign(new Error('hunter2'), { code: 'hunter2 is the password' }), 'Error'],
      ['hunter2', 'unknown'],
    ] as const) {
      const { gate, last } = await up();
      last().failed(error);
      assert.equal(gate.status().lastError, kind);
    }
  });

  it('is said at most once a minute where a backend comes and goes, and at the end as it is', async () => {
    const { clock, last, said } = await up();
    for (let round = 0; round < 20; round++) {
      last().failed(new Error('reset'));
      await clock.advance(500);
      last().answer();
      await clock.settle();
    }
    last().failed(new Error('reset'));
    assert.deepEqual(said, ['up', 'down', 'up'].slice(0, said.length));
    assert.ok(said.length <= 3);
    await clock.advance(60_000);
    assert.equal(said.at(-1), 'down');
    assert.ok(said.length <= 4);
  });
});
