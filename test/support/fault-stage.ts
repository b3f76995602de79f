// Owns the theatre of the fault matrix: one node on real memcached, Redis and MariaDB, each behind a proxy that can harm,
// with visitors and operators who chat all the while, and somebody who asks what needs only a cache.
// It judges nothing but what it measures: each cell says what it saw, and the books are read at the end.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RowDataPacket } from 'mysql2/promise';
import {
  Crowd,
  growth,
  keepAliveAgent,
  Ledger,
  ownTarget,
  readMetrics,
  rpc,
  sleep,
  type Target,
  until,
  usageOf,
} from '../../bench/mod.ts';
import { askRedis } from './ask-servers.ts';
import {
  type Backend,
  type MemcachedOptions,
  type RedisBackend,
  type SqlServer,
  sqlUrl,
  startMemcached,
  startRedis,
  startSqlServer,
} from './backends/mod.ts';
import { type Asked, Prober } from './fault-prober.ts';
import { type Fault, type FaultProxy, startFaultProxy } from './fault-proxy.ts';

export type BackendName = 'memcached' | 'redis' | 'sql';
export type Deed = 'throw' | 'reject' | 'emit' | 'exit' | 'spin' | 'leakHeap' | 'leakBuffers';

export interface Cell {
  readonly backend: BackendName;
  readonly fault: string;
  /** Begins the fault; resolves when it has begun. */
  readonly begin: () => Promise<void> | void;
  /** Ends it. */
  readonly end: () => Promise<void> | void;
  /** How long it lasts. */
  readonly ms: number;
}

/** What was seen while a fault lasted, and after it. */
export interface CellSeen {
  readonly backend: BackendName;
  readonly fault: string;
  /** Of requests that need only a cache: sent from the fault's beginning until the backend was in use again. */
  readonly cacheOnly: Asked;
  /** Messages acknowledged while the fault lasted. */
  readonly acknowledged: number;
  /** From the fault's end until the gate says that the backend answers; null: not within the patience. */
  readonly backMs: number | null;
  readonly alive: boolean;
  readonly residentMib: number;
}

const saboteur = new URL('./saboteur.mjs', import.meta.url).href;
const lookEveryMs = 25;
/** What /readyz says is as old as a second. */
const threadBackMs = 1_200;
const backMsMax = 10_000;
const settleMsMax = 60_000;
const mib = 1_048_576;
/** Of one visitor: some here say as much at once as others in a day. */
const generousLimits = {
  PARLA_LIMIT_MESSAGES_PER_MINUTE: '60000',
  PARLA_LIMIT_MESSAGES_BURST: '1000',
  PARLA_LIMIT_RPCS_PER_SECOND: '1000',
};

export interface FaultStageOptions {
  readonly visitors: number;
  readonly operators: number;
  readonly messagesPerSecond: number;
  /** Begin with every backend out of reach. */
  readonly absent?: boolean;
  readonly memcached?: MemcachedOptions;
}

interface Part<B extends Backend> {
  readonly backend: B;
  readonly proxy: FaultProxy;
}

export class FaultStage {
  readonly memcached: Part<Backend>;
  readonly redis: Part<RedisBackend>;
  readonly sql: Part<SqlServer>;
  readonly target: Target;
  readonly ledger = new Ledger({ renumbering: true });
  readonly #options: FaultStageOptions;
  readonly #orders: string;
  readonly #pid: number;
  readonly #prober: Prober;
  #crowd: Crowd | null = null;
  #acting: Promise<void> | null = null;
  #curtain = false;

  private constructor(parts: {
    readonly memcached: Part<Backend>;
    readonly redis: Part<RedisBackend>;
    readonly sql: Part<SqlServer>;
    readonly target: Target;
    readonly orders: string;
    readonly options: FaultStageOptions;
  }) {
    this.memcached = parts.memcached;
    this.redis = parts.redis;
    this.sql = parts.sql;
    this.target = parts.target;
    this.#orders = parts.orders;
    this.#pid = parts.target.pid ?? 0;
    this.#options = parts.options;
    this.#prober = new Prober(this.target.url);
  }

  static async raise(options: FaultStageOptions): Promise<FaultStage> {
    const [memcached, redis, sql] = await Promise.all([
      behindProxy(startMemcached(options.memcached)),
      behindProxy(startRedis()),
      behindProxy(startSqlServer()),
    ]);
    if (options.absent === true) {
      await Promise.all([memcached, redis, sql].map(({ proxy }) => proxy.set({ type: 'absent' })));
    }
    const orders = join(mkdtempSync(join(tmpdir(), 'parla-faults-')), 'order');
    const target = await ownTarget(options.operators, {
      PARLA_MEMCACHED: `127.0.0.1:${memcached.proxy.port}`,
      PARLA_REDIS_URL: `redis://127.0.0.1:${redis.proxy.port}`,
      PARLA_DATABASE_URL: sqlUrl(sql.proxy.port),
      PARLA_TEST_SABOTAGE: orders,
      ...generousLimits,
      NODE_OPTIONS: `--import=${saboteur}`,
    });
    return new FaultStage({ memcached, redis, sql, target, orders, options });
  }

  /** Everybody comes, and goes on chatting until the curtain. */
  async begin(): Promise<void> {
    const { target, ledger } = this;
    const { visitors, messagesPerSecond } = this.#options;
    const crowd = new Crowd({ target, ledger, visitors, messagesPerSecond, seed: 1 });
    this.#crowd = crowd;
    await crowd.open();
    await crowd.startPolling();
    this.#acting = this.#act(crowd);
    await this.#prober.begin();
  }

  async play({ backend, fault, begin, end, ms }: Cell): Promise<CellSeen> {
    const acknowledgedBefore = this.ledger.promised().size;
    this.#prober.reset();
    await begin();
    await sleep(ms);
    const acknowledged = this.ledger.promised().size - acknowledgedBefore;
    await end();
    const backMs = await this.#back(backend);
    return {
      backend,
      fault,
      cacheOnly: this.#prober.seen(),
      acknowledged,
      backMs,
      alive: this.target.alive(),
      residentMib: this.target.alive() ? residentMib(this.#pid) : 0,
    };
  }

  /** A proxy's fault as a cell. */
  proxied(backend: BackendName, fault: Fault, name: string, ms: number): Cell {
    const { proxy } = this[backend];
    return { backend, fault: name, ms, begin: () => proxy.set(fault), end: () => proxy.set({ type: 'none' }) };
  }

  /** What a broken client library does, in the thread that has connected to this backend. */
  sabotaged(backend: BackendName, deed: Deed, ms: number): Cell {
    const begin = () => this.#order({ port: this[backend].proxy.port, deed });
    return { backend, fault: `its client's thread: ${deed}`, ms, begin, end: () => undefined };
  }

  /** One of the node's threads ends at once, whichever the number happens to mean. */
  killThread(number: number): void {
    this.#order({ worker: number });
  }

  /** Each of the node's threads ends, one after the other; each time everything is in use again before the next. */
  async endThreads(count: number): Promise<void> {
    for (let ended = 0; ended < count; ended++) {
      this.killThread(0);
      await sleep(threadBackMs);
      await until(async () => (await this.degraded()).length === 0, { what: 'the threads', deadlineMs: backMsMax });
    }
  }

  /** What /readyz names as lost. */
  async degraded(): Promise<readonly string[]> {
    const answer = await fetch(`${this.target.url}/readyz`);
    const { ready, degraded }: { ready: boolean; degraded: readonly string[] } = JSON.parse(await answer.text());
    if (!ready) throw new Error('the node is not ready');
    return degraded;
  }

  /** True when a visitor of the first site is let in: after a start without SQL that takes a moment. */
  async isOpen(): Promise<boolean> {
    const agent = keepAliveAgent();
    const target = { url: this.target.url, agent, address: '10.254.0.1' };
    const opened = rpc(target, 'session.open', { params: { site: 'demo', page: { url: 'https://shop.example/' } } });
    return opened
      .then(() => true)
      .catch(() => false)
      .finally(() => agent.destroy());
  }

  /** More operators, who log in before everybody comes. */
  async hire(count: number): Promise<void> {
    await this.target.hire(count);
  }

  /** One command to Redis itself, past the proxy. */
  async tellRedis(command: string, password?: string): Promise<void> {
    const lines = [...(password === undefined ? [] : [`AUTH ${password}`]), command];
    const answer = await askRedis(this.redis.backend.port, lines);
    if (!/^(\+OK\r\n)+$/.test(answer)) throw new Error(`Redis answered ${answer}`);
  }

  async tellSql(statement: string): Promise<void> {
    await this.sql.backend.asAdministrator((connection) => connection.query(statement));
  }

  /** How much a counter of the node's grows while `work` goes on, keyed by the values of `by` joined with a space. */
  async grows(name: string, by: readonly string[], work: () => Promise<void>): Promise<ReadonlyMap<string, number>> {
    const read = () => readMetrics(this.target.url, this.target.adminToken ?? '');
    const before = await read();
    await work();
    return growth({ before, after: await read() }, name, by);
  }

  /** What the crowd ran into, by kind: refusals that were repeated, resets, streams that broke. */
  troubles(): ReadonlyMap<string, number> {
    return this.#crowd?.troubles ?? new Map();
  }

  /** Everybody falls silent; resolves when whatever was promised was shown, with what is wrong after all. */
  async curtain(): Promise<readonly string[]> {
    const crowd = this.#crowd;
    if (crowd === null) throw new Error('nobody came');
    this.#curtain = true;
    await this.#acting;
    await this.#prober.stop();
    const settled = await until(() => crowd.quiet() && this.ledger.settled(), {
      what: 'the last messages',
      deadlineMs: settleMsMax,
    }).then(
      () => [],
      () => ['what was promised was not shown in time'],
    );
    // What comes twice comes after the first time.
    await sleep(500);
    await crowd.stop();
    // What the journal took is on its way to SQL.
    const drained = await until(async () => (await this.degraded()).length === 0, {
      what: 'every backend',
      deadlineMs: settleMsMax,
    }).then(
      () => [],
      (error: unknown) => [`not everything is in use again: ${String(error)}`],
    );
    const { lost, doubled, disordered } = this.ledger.verdict();
    return [...settled, ...drained, ...lost, ...doubled, ...disordered, ...(await this.#wrongInSql())];
  }

  async strike(): Promise<void> {
    this.#curtain = true;
    await this.#crowd?.stop();
    await this.#prober.stop();
    await this.target.end();
    for (const { backend, proxy } of [this.memcached, this.redis, this.sql]) {
      await proxy.close();
      await backend.stop();
    }
    rmSync(join(this.#orders, '..'), { recursive: true, force: true });
  }

  /** Each message that was acknowledged is in SQL once, under the number that was told; each acknowledged answer once. */
  async #wrongInSql(): Promise<readonly string[]> {
    const rows = await this.sql.backend.asAdministrator(async (connection) => {
      const [all] = await connection.query<RowDataPacket[]>('SELECT id, seq, text FROM parla.messages');
      return all;
    });
    const [byId, byText] = [Map.groupBy(rows, ({ id }) => id), Map.groupBy(rows, ({ text }) => text)];
    const wrong: string[] = [];
    for (const id of this.ledger.promised().keys()) {
      const count = byId.get(id)?.length ?? 0;
      if (count !== 1) wrong.push(`${id} is in SQL ${count} times`);
    }
    for (const text of this.ledger.acknowledgedAnswers()) {
      const count = byText.get(text)?.length ?? 0;
      if (count !== 1) wrong.push(`(${text}) is in SQL ${count} times`);
    }
    return wrong;
  }

  #order(order: object): void {
    writeFileSync(this.#orders, JSON.stringify(order));
    process.kill(this.#pid, 'SIGUSR2');
  }

  async #act(crowd: Crowd): Promise<void> {
    while (!this.#curtain) await crowd.act(1_000);
  }

  async #back(backend: BackendName): Promise<number | null> {
    const began = performance.now();
    while (performance.now() - began < backMsMax && this.target.alive()) {
      if (await this.#isUp(backend)) return performance.now() - began;
      await sleep(lookEveryMs);
    }
    return null;
  }

  /** Calls that its gate holds now. */
  async waitingFor(backend: BackendName): Promise<number | undefined> {
    const metrics = await readMetrics(this.target.url, this.target.adminToken ?? '');
    return metrics.find(({ name, labels }) => name === 'parla_gate_pending' && labels.backend === backend)?.value;
  }

  async #isUp(backend: BackendName): Promise<boolean> {
    const metrics = await readMetrics(this.target.url, this.target.adminToken ?? '').catch(() => []);
    const of = (name: string) => metrics.find((one) => one.name === name && one.labels.backend === backend)?.value;
    return of('parla_gate_up') === 1 && of('parla_gate_breaker_open') === 0;
  }
}

async function behindProxy<B extends Backend>(starting: Promise<B>): Promise<Part<B>> {
  const backend = await starting;
  return { backend, proxy: await startFaultProxy(backend) };
}

function residentMib(pid: number): number {
  return Math.round(usageOf(pid).residentBytes / mib);
}
