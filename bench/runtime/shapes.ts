// Owns the rows of the runtime's table: each shape with its target, its size and those who run it beside Parla.
// Sizes are chosen so that a round takes a few tens of milliseconds; the same work is done on each side.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ActorNode, LocalNode } from '../../runtime/mod.ts';
import { awaitedPromise, type BareThread, functionCall, medianRoundTrip } from './bare.ts';
import { bareBig, bareChameneos, bareForkJoin, barePingPong, bareSupervised } from './bare-actors.ts';
import { driverOf, sleeperAt } from './behaviours.ts';
import { keyOn } from './bench-nodes.ts';
import type { Erlang } from './erlang.ts';
import type { Peers } from './peers.ts';
import { type Contender, rate, type Shape } from './round.ts';
import { encoded, smallObject } from './savina-across.ts';
import type { RingThread } from './shared-ring.ts';
import { stuckToAnswering } from './stuck.ts';

export interface Stage {
  readonly local: LocalNode;
  readonly threads: ActorNode;
  readonly bare: BareThread;
  readonly ring: RingThread;
  readonly peers: Peers;
  /** With one scheduler and with two; null when Erlang is not installed. */
  readonly erlang: Erlang | null;
  readonly erlangTwo: Erlang | null;
}

const runMsMax = 120_000;
/** Fibonacci's 18th by one actor for each call: 8,361 of them. */
const fibOf = 18;
const fibActors = 8_361;

function parla(node: ActorNode, shape: string, size: number, operations = size, key = 'one'): Contender {
  const run = async () => {
    const result = await node.call(driverOf(shape, key), 'run', { size }, { deadlineMs: runMsMax });
    if (!result.ok) throw new Error(`${shape}: ${result.error.message}`);
  };
  return { name: 'Parla', round: () => rate(operations, run) };
}

/** What a round made is ended when it is timed already, on Erlang's side too. */
function tidied(local: LocalNode, shape: string, size: number): Contender {
  const { name, round } = parla(local, shape, size);
  const roundAndEnd = async () => {
    const figure = await round();
    local.cast(driverOf(shape), 'more', null);
    await local.settle();
    return figure;
  };
  return { name, round: roundAndEnd };
}

function present(...contenders: (Contender | undefined)[]): Contender[] {
  return contenders.filter((one) => one !== undefined);
}

export async function messageShapes({ local, peers, erlang }: Stage): Promise<Shape[]> {
  const erl = (shape: string, size: number) => erlang?.contender(shape, size);
  const unit = 'per s';
  return [
    {
      ...{ name: 'cast, one thread', unit, target: 8e6, ratios: { nact: 10 } },
      contenders: present(
        ...[parla(local, 'cast', 400_000), erl('cast', 200_000), peers.nactCast(50_000)],
        ...[await peers.comedyCast(50_000), functionCall(1_000_000)],
      ),
    },
    {
      ...{ name: 'call with deadline (ask)', unit, target: 2.5e6, ratios: { Erlang: 2.5 } },
      contenders: present(
        ...[parla(local, 'ask', 100_000), erl('call', 50_000), peers.nactCall(20_000)],
        ...[await peers.comedyCall(20_000), awaitedPromise(200_000)],
      ),
    },
    {
      ...{ name: 'call with deadline (await)', unit, target: null, ratios: { Erlang: 1 } },
      contenders: present(parla(local, 'callAwaited', 50_000), erl('call', 50_000)),
    },
    {
      ...{ name: 'ping-pong', unit, target: null, ratios: { Erlang: 3 } },
      contenders: present(
        ...[parla(local, 'pingPong', 300_000), erl('pingPong', 200_000)],
        ...[peers.nactPingPong(30_000), barePingPong(300_000)],
      ),
    },
    {
      ...{ name: 'ring of 500', unit, target: null, ratios: { Erlang: 3 } },
      contenders: present(parla(local, 'ring', 300_000), erl('ring', 200_000), peers.nactRing(30_000)),
    },
    {
      ...{ name: 'big, many to many', unit, target: null, ratios: { Erlang: 3 } },
      contenders: present(parla(local, 'big', 300_000), erl('big', 200_000), bareBig(300_000)),
    },
    {
      ...{ name: 'chameneos, meetings', unit, target: null, ratios: { Erlang: 3 } },
      contenders: present(parla(local, 'mall', 100_000), erl('chameneos', 50_000), bareChameneos(100_000)),
    },
  ];
}

export async function lifeShapes({ local, peers, erlang }: Stage): Promise<Shape[]> {
  const unit = 'per s';
  const fibs = erlang?.contender('fib', fibOf, (us) => (fibActors * 1e6) / us);
  const micros = (one: Contender): Contender => ({ ...one, round: async () => 1e6 / (await one.round()) });
  return [
    {
      ...{ name: 'fib, actors', unit, target: null, ratios: { Erlang: 2 } },
      contenders: present(parla(local, 'fib', fibOf, fibActors), fibs),
    },
    {
      ...{ name: 'fork-join', unit, target: null, ratios: { Erlang: 2 } },
      contenders: present(
        ...[parla(local, 'forkJoin', 20_000), erlang?.contender('forkJoin', 20_000), bareForkJoin(20_000)],
      ),
    },
    {
      ...{ name: 'spawn, init, end', unit, target: 2e6, ratios: { Erlang: 2 } },
      contenders: present(
        ...[parla(local, 'spawnPlain', 20_000), erlang?.contender('spawnPlain', 10_000)],
        ...[peers.nactSpawn(5_000), await peers.comedySpawn(500)],
      ),
    },
    {
      ...{ name: 'spawn under a supervisor', unit, target: 1e6, ratios: { Erlang: 2 } },
      contenders: present(
        ...[tidied(local, 'spawnSupervised', 10_000), erlang?.contender('spawnSupervised', 10_000)],
        bareSupervised(10_000),
      ),
    },
    {
      ...{ name: 'restart of a crashed actor', unit: 'us', target: 10, ratios: {} },
      contenders: present(
        micros(parla(local, 'restart', 500)),
        erlang?.contender('restart', 500, (us) => us / 500),
      ),
    },
    {
      ...{ name: 'idle actor, heap', unit: 'bytes', target: 400, ratios: {}, rounds: 1 },
      contenders: present(
        idle('heap', 100_000),
        erlang?.contender('idleBytes', 50_000, (bytes) => bytes),
      ),
    },
    {
      ...{ name: 'idle actor, resident, of a million', unit: 'bytes', target: 500, ratios: {}, rounds: 1 },
      contenders: [idle('rss', 1_000_000)],
    },
  ];
}

function idle(what: 'heap' | 'rss', actors: number): Contender {
  const round = async () => {
    const script = new URL('./idle-actors.ts', import.meta.url).pathname;
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, ['--expose-gc', script, String(actors)]);
    return Number(JSON.parse(stdout)[what]);
  };
  return { name: 'Parla', round };
}

export async function threadShapes({ threads, bare, ring, erlangTwo }: Stage): Promise<Shape[]> {
  const first = keyOn(threads, 1);
  const sleeper = sleeperAt(first);
  const hello = () => threads.call(sleeper, 'hello', null);
  const trip = (size: number, idleMs: number): Contender => ({
    name: 'Parla',
    round: () => medianRoundTrip(size, idleMs, hello),
  });
  return [
    {
      ...{ name: 'cast across threads, objects', unit: 'per s', target: 3e6, ratios: { postMessage: 5 } },
      contenders: present(
        ...[parla(threads, 'castObjects', 100_000, 100_000, first), erlangTwo?.contender('castAcross', 100_000)],
        ...[bare.cast(20_000), ring.cast(100_000, smallObject)],
      ),
    },
    {
      ...{ name: 'cast across threads, encoded', unit: 'per s', target: 6e6, ratios: { postMessage: 5 } },
      contenders: present(
        ...[parla(threads, 'castEncoded', 100_000, 100_000, first), bare.cast(20_000)],
        ring.cast(100_000, () => encoded),
      ),
    },
    {
      ...{ name: 'round trip across threads, busy', unit: 'us', target: 10, ratios: {} },
      contenders: present(
        ...[trip(1_000, 0), erlangTwo?.contender('roundTrip', 5_000, (us) => us / 5_000)],
        ...[bare.roundTrip(1_000), ring.roundTrip(1_000)],
      ),
    },
    {
      ...{ name: 'round trip across threads, idle', unit: 'us', target: 60, ratios: {} },
      contenders: [trip(50, 2), bare.roundTrip(50, 2), ring.roundTrip(50, 2)],
    },
    ...[1_000, 10_000].map(
      (actors): Shape => ({
        ...{ name: `stuck thread, ${actors} actors back`, unit: 'ms', ratios: {}, rounds: 3 },
        target: actors === 1_000 ? 80 : 110,
        contenders: [{ name: 'Parla', round: () => stuckToAnswering(actors) }],
      }),
    ),
  ];
}
