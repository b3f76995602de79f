// Owns `habla-day`: a whole day of a live-chat service, compressed, served by Parla and by the old way at the same time.
// It counts SQL statements as each server executed them; it fails when Parla writes more than the budget or loses a turn.
//
//   embedded   Parla on SQLite and memory; the old way on a SQLite file
//   servers    Parla on MariaDB, memcached and Redis; the old way on a MariaDB of its own

import type { SqlServer } from '../test/support/backends/mod.ts';
import type { Benchmark, BenchmarkRequest, Outcome } from './benchmark.ts';
import { numberOption, switchOption, textOption } from './benchmark.ts';
import { type DayShape, type PlannedVisit, planDay, scaledDay } from './habla-plan.ts';
import { type DayMeasures, dayOutcome } from './habla-report.ts';
import { Visit } from './habla-visit.ts';
import { Latency } from './latency.ts';
import { growth, readMetrics, type Sample } from './metrics.ts';
import { OldWay } from './old-way-process.ts';
import { cpuSecondsBetween, type Usage, usageOf } from './process-usage.ts';
import { keepAliveAgent } from './rpc-client.ts';
import {
  countersBetween,
  missingServers,
  type Servers,
  type SqlCounters,
  sqlCounters,
  startCountingMariadb,
  startServers,
} from './servers.ts';
import { ownTarget, type Target } from './target.ts';
import { sleep } from './wait.ts';
import type { XmppOperator } from './xmpp-operator.ts';

const secondsOfDay = 86_400;
const compressMax = 200;
const quickShare = 0.1;
/** Longer than the node takes to write down how far operators have received. */
const coalescedMs = 6_000;
const operatorThinkSeconds = 20;

export const hablaDay: Benchmark = {
  name: 'habla-day',
  summary:
    '12,000 visitors, 200,000 RPCs, 3,000 messages: SQL statements of Parla beside a session in SQL for each RPC',
  options: [
    {
      name: 'on',
      help: 'embedded, or servers: MariaDB, memcached and Redis, started for the run',
      byDefault: 'embedded',
    },
    { name: 'compress', help: 'how many times faster than the clock the day goes, at most 200', byDefault: '200' },
    { name: 'quick', help: 'a tenth of everything, in a tenth of the day', byDefault: null },
    { name: 'bound', help: 'beside both a server that only answers: what HTTP alone costs', byDefault: null },
    { name: 'operators', help: 'operators that answer', byDefault: '3' },
    { name: 'seed', help: 'the same seed gives the same day', byDefault: '1' },
  ],
  run: runDay,
};

async function runDay(request: BenchmarkRequest): Promise<Outcome> {
  const compress = numberOption(request, 'compress');
  if (compress < 1 || compress > compressMax) throw new Error(`--compress must be from 1 to ${compressMax}`);
  const share = switchOption(request, 'quick') ? quickShare : 1;
  const shape = scaledDay(share);
  const plan = planDay(shape, numberOption(request, 'seed')).map((visit) => ({ ...visit, at: visit.at * share }));
  const stage = await setStage(request);
  try {
    request.progress(`a day in ${Math.round((secondsOfDay * share) / compress)} s`);
    return dayOutcome(await serveDay({ shape, plan, compress, ...stage, progress: request.progress }));
  } finally {
    await stage.end();
  }
}

interface Stage {
  readonly target: Target;
  readonly oldWay: OldWay;
  readonly httpAlone: OldWay | null;
  /** Null: both are embedded. */
  readonly servers: { readonly parla: Servers; readonly oldWay: SqlServer } | null;
  end(): Promise<void>;
}

async function setStage(request: BenchmarkRequest): Promise<Stage> {
  const on = textOption(request, 'on');
  if (on !== 'embedded' && on !== 'servers') throw new Error(`--on must be embedded or servers, not ${on}`);
  const missing = on === 'servers' ? missingServers() : null;
  if (missing !== null) throw new Error(`--on servers ${missing}`);
  const servers = on === 'embedded' ? null : { parla: await startServers(), oldWay: await startCountingMariadb() };
  const target = await ownTarget(numberOption(request, 'operators'), servers?.parla.environment);
  const oldWay = await OldWay.start(servers?.oldWay.url);
  const httpAlone = switchOption(request, 'bound') ? await OldWay.start('nothing') : null;
  const end = async () => {
    await Promise.all([target.end(), oldWay.end(), httpAlone?.end()]);
    await Promise.all([servers?.parla.stop(), servers?.oldWay.stop()]);
  };
  return { target, oldWay, httpAlone, servers, end };
}

interface Day extends Omit<Stage, 'end'> {
  readonly shape: DayShape;
  readonly plan: readonly PlannedVisit[];
  readonly compress: number;
  readonly progress: (line: string) => void;
}

async function serveDay(day: Day): Promise<DayMeasures> {
  const metrics = () => readMetrics(day.target.url, day.target.adminToken ?? '');
  const before = { metrics: await metrics(), sides: await lookAtSides(day), alone: usageOfAlone(day) };
  const began = performance.now();
  const { latencies, ...walked } = await walk(day);
  const elapsedSeconds = (performance.now() - began) / 1000;
  await sleep(coalescedMs);
  const samples = { before: before.metrics, after: await metrics() };
  const after = await lookAtSides(day);
  const alone = usageOfAlone(day);
  return {
    shape: day.shape,
    compress: day.compress,
    on: day.servers === null ? 'embedded' : 'servers',
    elapsedSeconds,
    ...walked,
    httpAloneCpuSeconds: before.alone === null || alone === null ? null : cpuSecondsBetween(before.alone, alone),
    parla: {
      ...statementsOf(samples),
      ...sideBetween(before.sides.parla, after.parla),
      latency: latencies.parla.summary(),
    },
    oldWay: {
      statements: await day.oldWay.statements(),
      ...sideBetween(before.sides.oldWay, after.oldWay),
      latency: latencies.oldWay.summary(),
    },
  };
}

function usageOfAlone({ httpAlone }: Day): Usage | null {
  return httpAlone === null ? null : usageOf(httpAlone.pid);
}

/** One side at one moment: its processes by name, and what its SQL server has counted. */
interface SideSeen {
  readonly usages: ReadonlyMap<string, Usage>;
  readonly sql: SqlCounters | null;
}

async function lookAtSides({ target, oldWay, servers }: Day) {
  const parla = new Map([['server', target.pid ?? process.pid]]);
  const old = new Map([['server', oldWay.pid]]);
  if (servers !== null) {
    parla.set('MariaDB', servers.parla.database.pid);
    parla.set('memcached', servers.parla.memcached.pid);
    parla.set('Redis', servers.parla.redis.pid);
    old.set('MariaDB', servers.oldWay.pid);
  }
  const seen = async (pids: ReadonlyMap<string, number>, database: SqlServer | undefined): Promise<SideSeen> => ({
    usages: new Map([...pids].map(([name, pid]) => [name, usageOf(pid)])),
    sql: database === undefined ? null : await sqlCounters(database),
  });
  return {
    parla: await seen(parla, servers?.parla.database),
    oldWay: await seen(old, servers?.oldWay),
  };
}

function sideBetween(before: SideSeen, after: SideSeen): Pick<DayMeasures['oldWay'], 'cpuSeconds' | 'counted'> {
  const cpuSeconds = [...after.usages].map(([name, usage]) => {
    const earlier = before.usages.get(name);
    return [name, earlier === undefined ? 0 : cpuSecondsBetween(earlier, usage)] as const;
  });
  const counted = before.sql === null || after.sql === null ? null : countersBetween(before.sql, after.sql);
  return { cpuSeconds: new Map(cpuSeconds), counted };
}

function statementsOf(samples: { readonly before: readonly Sample[]; readonly after: readonly Sample[] }) {
  const lower = (kinds: ReadonlyMap<string, number>) => new Map([...kinds].map(([kind, n]) => [kind.toLowerCase(), n]));
  return {
    statements: lower(growth(samples, 'parla_sql_statements', ['verb', 'table'])),
    rows: lower(growth(samples, 'parla_sql_rows', ['verb', 'table'])),
    entries: growth(samples, 'parla_sql_entries', ['kind']),
    transactions: growth(samples, 'parla_sql_transactions', ['verb']),
  };
}

async function walk(day: Day) {
  const rpcs = new Map<string, number>();
  const troubles = new Map<string, number>();
  const count = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1);
  const onTrouble = (method: string, error: unknown) => {
    count(troubles, `${method}: ${error instanceof Error ? error.message : String(error)}`);
  };
  const brokenOff = (error: unknown) => {
    onTrouble('visit broken off', error);
    return false;
  };
  const chats = new Map<string, Visit>();
  for (const [index, operator] of day.target.operators.entries()) answerFor({ day, operator, index, chats, onTrouble });
  const latencies = { parla: new Latency('Parla'), oldWay: new Latency('the old way') };
  const agent = keepAliveAgent();
  const began = performance.now();
  const visits: Promise<boolean>[] = [];
  for (const [number, plan] of day.plan.entries()) {
    const early = began + (plan.at * 1000) / day.compress - performance.now();
    if (early > 0) await sleep(early);
    if (number % 1_000 === 0 && number > 0) day.progress(`${number} visitors came`);
    const address = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
    const visit = new Visit({
      plan,
      number,
      target: { url: day.target.url, agent, address },
      oldWay: day.oldWay,
      httpAlone: day.httpAlone,
      compress: day.compress,
      onRpc: (method) => count(rpcs, method),
      onAnswered: (side, ms) => latencies[side].record(ms),
      onTrouble,
      onChat: (session, talking) => chats.set(session, talking),
    });
    visits.push(visit.run().catch((error) => brokenOff(error)));
  }
  const complete = await Promise.all(visits);
  const chatted = day.plan.map((plan, number) => plan.chat !== null && complete[number] === true);
  agent.destroy();
  return {
    rpcs,
    troubles,
    latencies,
    visitsComplete: complete.filter(Boolean).length,
    chatsComplete: chatted.filter(Boolean).length,
  };
}

interface Desk {
  readonly day: Day;
  readonly operator: XmppOperator;
  readonly index: number;
  readonly chats: ReadonlyMap<string, Visit>;
  readonly onTrouble: (method: string, error: unknown) => void;
}

/** Says the operator's turns that follow a visitor's, and ends the chats that are his to end. */
function answerFor({ day, operator, index, chats, onTrouble }: Desk): void {
  let sent = 0;
  operator.onLost = (why) => onTrouble('operator', new Error(why));
  operator.onChat = (chat) => {
    // The server confirms a command in a line of its own.
    if (chat.body.startsWith('[info]')) return;
    const session = chat.from.split('@')[0] ?? '';
    const visit = chats.get(session);
    const planned = visit?.plan.chat;
    const said = /^turn (\d+) of visit (\d+)$/.exec(chat.body);
    if (visit === undefined || planned === null || planned === undefined || said === null) {
      return onTrouble('operator', new Error(chat.error ? 'refused' : 'a line of the server'));
    }
    if (Number(said[2]) % day.target.operators.length !== index) return;
    const say = (text: string) => {
      sent += 1;
      operator.chat(chat.from, `${operator.name}-${sent}`, text);
    };
    setTimeout(
      () => {
        let turn = Number(said[1]) + 1;
        for (; planned.turns[turn] === 'O'; turn += 1) {
          say(visit.textOf(turn));
          day.oldWay.say(session, visit.textOf(turn)).catch((error) => onTrouble('the old way', error));
        }
        if (turn === planned.turns.length && planned.ending === 'operator') say('!end');
      },
      (operatorThinkSeconds * 1000) / day.compress,
    );
  };
}
