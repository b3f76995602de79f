// Owns the property of signals: over random trees of actors on several threads with random kills, no cast, exit or down
// is lost, doubled or reordered between a pair, and exactly those die of whom a simple model says so; also when whole
// threads are lost under them. Real threads.
//
// The model: an actor does not outlive its parent; a linked one that does not trap dies of every reason but normal.
// That it can fail was tried: of the runtime with one down, exit, link or cast in some hundreds lost, doubled or moved
// (18 such faults, one at a time) it let none pass.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ActorNode,
  type Address,
  type Answer,
  type CallName,
  type ChildSpec,
  named,
  type Pid,
  type Protocol,
  type Request,
  type Restart,
} from '../../runtime/mod.ts';
import type { RecorderProtocol } from '../support/runtime-behaviours.ts';
import { recorderAt, recorderChild } from '../support/runtime-local.ts';
import { eventually, threadedStage } from '../support/runtime-node.ts';
import type { RelativeProtocol, Testimony, WitnessProtocol } from '../support/runtime-relatives.ts';

const seed = Number(process.env.PARLA_TEST_SEED ?? 20_261_121);
const rounds = 160;
const lossRounds = 24;
const unlinkRounds = 300;
const treesPerRound = 3;
const relativesMax = 8;
const schedulers = 3;
const witnesses = ['witness0', 'witness1', 'witness2', 'witness3'];

/** Mulberry32: the same play on every machine. */
function dice(start: number): (sides: number) => number {
  let state = start >>> 0;
  return (sides) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}

interface Relative {
  readonly id: string;
  readonly pid: Pid;
  readonly traps: boolean;
  readonly parent: Relative | null;
  readonly links: Set<Relative>;
  dead: boolean;
  /** It has certainly said so much. */
  said: number;
}

const waysToDie = ['kill', 'shutdownSignal', 'normal', 'shutdown', 'crash'] as const;

function die(relative: Relative, normal: boolean): void {
  if (relative.dead) return;
  relative.dead = true;
  for (const other of relative.links) {
    if (other.parent === relative) die(other, false);
    else if (!other.traps && !normal) die(other, false);
  }
}

class Play {
  readonly #node: ActorNode;
  readonly #roll: (sides: number) => number;
  readonly #witnesses: readonly string[];
  readonly all: Relative[] = [];

  constructor(node: ActorNode, roll: (sides: number) => number, witnessed = witnesses) {
    this.#node = node;
    this.#roll = roll;
    this.#witnesses = witnessed;
  }

  async plant(name: string): Promise<Relative[]> {
    const tree: Relative[] = [];
    const size = 2 + this.#roll(relativesMax - 1);
    for (let i = 0; i < size; i++) {
      const parent = tree.length === 0 ? null : (tree[this.#roll(tree.length)] as Relative);
      tree.push(await this.#bear(`${name}.${i}`, parent));
    }
    for (let extra = this.#roll(3); extra > 0; extra--) await this.#link(this.#one(tree), this.#one(tree));
    return tree;
  }

  async #bear(id: string, parent: Relative | null): Promise<Relative> {
    const traps = this.#roll(3) === 0;
    const spec: ChildSpec = {
      id,
      behaviour: 'relative',
      args: { id, traps, witnesses: this.#witnesses },
      placement: { on: 'partition', partition: this.#roll(schedulers) },
    };
    const pid = await (parent === null
      ? this.#ask(named<WitnessProtocol>(witnesses[0] as string), 'spawn', { spec })
      : this.#ask(parent.pid as Address<RelativeProtocol>, 'spawn', { spec }));
    const born: Relative = { id, pid, traps, parent, links: new Set(), dead: false, said: 0 };
    if (parent !== null) tie(parent, born);
    for (const name of this.#witnesses) await this.#ask(named<WitnessProtocol>(name), 'watch', { id, pid });
    this.all.push(born);
    return born;
  }

  async #link(a: Relative, b: Relative): Promise<void> {
    if (a === b) return;
    await this.#ask(a.pid as Address<RelativeProtocol>, 'link', { to: b.pid });
    tie(a, b);
  }

  /** Everybody talks to everybody of the tree, and somebody is killed meanwhile. */
  async kill(tree: readonly Relative[]): Promise<void> {
    const alive = tree.filter(({ dead }) => !dead);
    if (alive.length === 0) return;
    const victim = this.#one(alive);
    const to = alive.map(({ pid }) => pid);
    const count = 1 + this.#roll(20);
    const talks = alive.map(async (one) => {
      const said = await this.#node.call(one.pid as Address<RelativeProtocol>, 'talk', { count, to });
      if (said.ok) one.said = said.value;
    });
    for (const { pid } of alive) this.#node.cast(pid as Address<RelativeProtocol>, 'talk', { count, to });
    this.#strike(victim, waysToDie[this.#roll(waysToDie.length)] ?? 'kill');
    for (const { pid } of alive) this.#node.cast(pid as Address<RelativeProtocol>, 'talk', { count: 1, to });
    await Promise.all(talks);
  }

  /** Everybody talks, and a thread is lost meanwhile. What its own had still to say is nobody's. */
  async lose(thread: number): Promise<void> {
    const alive = this.all.filter(({ dead }) => !dead);
    const to = alive.map(({ pid }) => pid);
    const talks = alive.map(async (one) => {
      const request = { count: 1 + this.#roll(20), to };
      const said = await this.#node.call(one.pid as Address<RelativeProtocol>, 'talk', request);
      if (said.ok && one.pid.thread !== thread) one.said = said.value;
    });
    if (this.#roll(2) === 0) await new Promise((resolve) => setImmediate(resolve));
    const lost = this.#node.killThread(thread);
    for (const one of alive) if (one.pid.thread === thread) die(one, false);
    await Promise.all([lost, ...talks]);
  }

  #strike(victim: Relative, way: (typeof waysToDie)[number]): void {
    const { pid } = victim;
    if (way === 'kill' || way === 'shutdownSignal') {
      const reason = way === 'kill' ? 'kill' : 'shutdown';
      this.#node.cast(recorderAt('killer'), 'exit', { to: pid, reason });
      if (way === 'kill' || !victim.traps) die(victim, false);
      return;
    }
    const reason = way === 'crash' ? { crash: { name: 'E', message: 'x' } } : way;
    this.#node.cast(pid as Address<RelativeProtocol>, 'end', { reason });
    die(victim, way === 'normal');
  }

  /** Waits for the deaths of the model and the last words of the living, then compares all that the witnesses know. */
  async judge(): Promise<void> {
    for (const one of this.all.filter(({ dead }) => !dead)) {
      one.said = await this.#ask(one.pid as Address<RelativeProtocol>, 'talk', { count: 0, to: [] });
    }
    const isTold = (one: Relative, told: Testimony | undefined) =>
      told !== undefined && (one.dead ? told.downs.length * told.exits.length > 0 : told.heard >= one.said);
    for (const name of this.#witnesses) {
      const { about, faults } = await eventually(
        () => this.#ask(named<WitnessProtocol>(name), 'testify', null),
        (told) => this.all.every((one) => isTold(one, told.about[one.id])),
      );
      assert.deepEqual(faults, [], `${name}, seed ${seed}`);
      for (const one of this.all) this.#compare(one, about[one.id], name);
    }
  }

  #compare(one: Relative, told: Testimony | undefined, name: string): void {
    const where = `${one.id} to ${name}, seed ${seed}`;
    assert.ok(told, where);
    assert.deepEqual([told.downs.length, told.exits.length], one.dead ? [1, 1] : [0, 0], where);
    assert.deepEqual(told.downs, told.exits, where);
    if (one.dead) assert.ok(told.heard >= one.said, `${where}: ${told.heard} of ${one.said} heard`);
    else assert.equal(told.heard, one.said, where);
  }

  #one(of: readonly Relative[]): Relative {
    return of[this.#roll(of.length)] as Relative;
  }

  async #ask<P extends Protocol, N extends CallName<P>>(
    to: Address<P>,
    name: N,
    request: Request<P, N>,
  ): Promise<Answer<P, N>> {
    const result = await this.#node.call(to, name, request);
    if (!result.ok) throw new Error(`${name}: ${result.error.code}, seed ${seed}`);
    return result.value;
  }
}

function tie(a: Relative, b: Relative): void {
  a.links.add(b);
  b.links.add(a);
}

function company(restart: Restart): ChildSpec[] {
  return [
    recorderChild('killer'),
    ...witnesses.map((name, i): ChildSpec => {
      const placement = i === 0 ? ({ on: 'edge' } as const) : ({ on: 'partition', partition: i - 1 } as const);
      return { id: name, behaviour: 'witness', args: null, name, restart, mailboxMessagesMax: 1_000_000, placement };
    }),
  ];
}

test(`no signal is lost, doubled or reordered, and those die who must: ${rounds} rounds of random trees, kills and talk over ${schedulers + 1} threads`, async (t) => {
  const { node } = await threadedStage(t, company('temporary'), { schedulers });
  const roll = dice(seed);
  let relatives = 0;
  let deaths = 0;
  for (let round = 0; round < rounds; round++) {
    const play = new Play(node, roll);
    const trees: Relative[][] = [];
    for (let i = 0; i < treesPerRound; i++) trees.push(await play.plant(`${round}.${i}`));
    for (let strikes = 0; strikes < 2; strikes++) {
      await Promise.all(trees.map((tree) => play.kill(tree)));
      await play.judge();
    }
    relatives += play.all.length;
    deaths += play.all.filter(({ dead }) => dead).length;
  }
  t.diagnostic(`seed ${seed}: ${relatives} actors, ${deaths} deaths`);
});

test(`who lived on a lost thread, and those bound to him, die for everybody at once and once only: ${lossRounds} threads lost under random trees`, async (t) => {
  const { node, next } = await threadedStage(t, company('permanent'), { schedulers });
  const roll = dice(seed + 1);
  let deaths = 0;
  for (let round = 0; round < lossRounds; round++) {
    const thread = 1 + roll(schedulers);
    // Its own witness would take with it whom it is linked to, so it has none in this round.
    const play = new Play(
      node,
      roll,
      witnesses.filter((_name, i) => i !== thread),
    );
    for (let i = 0; i < treesPerRound; i++) await play.plant(`lost${round}.${i}`);
    await play.judge();
    const up = next('up', thread);
    await play.lose(thread);
    await play.judge();
    deaths += play.all.filter(({ dead }) => dead).length;
    await up;
    const reborn = named<WitnessProtocol>(witnesses[thread] as string);
    await eventually(
      () => node.call(reborn, 'testify', null),
      ({ ok }) => ok,
    );
  }
  t.diagnostic(`seed ${seed}: ${deaths} deaths`);
});

test('after unlink and demonitor nothing arrives any more, however the end of the other races with them', async (t) => {
  const { node } = await threadedStage(
    t,
    [recorderChild('r', { placement: { on: 'partition', partition: 0 } }), ...company('temporary')],
    { schedulers },
  );
  const roll = dice(seed + 2);
  const r = recorderAt('r');
  const ask = async <N extends 'log' | 'link' | 'unlink' | 'monitor' | 'demonitor' | 'trap'>(
    name: N,
    request: Request<RecorderProtocol, N>,
  ) => {
    const result = await node.call(r, name, request);
    assert.ok(result.ok);
    return result.value;
  };
  await ask('trap', null);
  let noted = 0;
  let inTime = 0;
  for (let round = 0; round < unlinkRounds; round++) {
    const placement = { on: 'partition', partition: 1 + roll(2) } as const;
    const spec: ChildSpec = { id: `${round}`, behaviour: 'recorder', args: null, placement };
    const born = await node.call(named<WitnessProtocol>('witness0'), 'spawn', { spec });
    assert.ok(born.ok);
    const to = born.value;
    await ask('link', { to });
    const ref = (await ask('monitor', { to })) as number;
    const end = () => node.cast(to as Address<RecorderProtocol>, 'odd', null);
    const early = roll(3) !== 0;
    if (early) end();
    for (let roundTrips = early ? roll(3) : 0; roundTrips > 0; roundTrips--) await ask('log', null);
    const done = Promise.all([ask('unlink', { to }), ask('demonitor', { ref })]);
    if (!early) end();
    await done;
    // Nobody else ends: what is noted from here on came after it was taken back.
    const before = ((await ask('log', null)) as readonly string[]).length;
    await node.call(named<WitnessProtocol>(witnesses[1 + placement.partition] as string), 'testify', null);
    const log = (await ask('log', null)) as readonly string[];
    assert.equal(log.length, before, `round ${round}: ${log.join()}`);
    if (before > noted) inTime++;
    noted = before;
  }
  t.diagnostic(`of ${unlinkRounds} ends ${inTime} were heard before`);
});
