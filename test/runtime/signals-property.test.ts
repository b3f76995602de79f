// Owns the property of signals: over random trees of actors on several threads with random kills, no cast, exit or down
// is lost, doubled or reordered between a pair, and exactly those die of whom a simple model says so. Real threads.
//
// The model: an actor does not outlive its parent; a linked one that does not trap dies of every reason but normal.

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
} from '../../runtime/mod.ts';
import { recorderAt, recorderChild } from '../support/runtime-local.ts';
import { eventually, threadedStage } from '../support/runtime-node.ts';
import type { RelativeProtocol, Testimony, WitnessProtocol } from '../support/runtime-relatives.ts';

const seed = Number(process.env.PARLA_TEST_SEED ?? 20_261_121);
const rounds = 160;
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
  readonly all: Relative[] = [];

  constructor(node: ActorNode, roll: (sides: number) => number) {
    this.#node = node;
    this.#roll = roll;
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
      args: { id, traps, witnesses },
      placement: { on: 'partition', partition: this.#roll(schedulers) },
    };
    const pid = await (parent === null
      ? this.#ask(named<WitnessProtocol>(witnesses[0] as string), 'spawn', { spec })
      : this.#ask(parent.pid as Address<RelativeProtocol>, 'spawn', { spec }));
    const born: Relative = { id, pid, traps, parent, links: new Set(), dead: false, said: 0 };
    if (parent !== null) tie(parent, born);
    for (const name of witnesses) await this.#ask(named<WitnessProtocol>(name), 'watch', { id, pid });
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
    for (const name of witnesses) {
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

test(`no signal is lost, doubled or reordered, and those die who must: ${rounds} rounds of random trees, kills and talk over ${schedulers + 1} threads`, async (t) => {
  const children = [
    recorderChild('killer'),
    ...witnesses.map((name, i): ChildSpec => {
      const placement = i === 0 ? ({ on: 'edge' } as const) : ({ on: 'partition', partition: i - 1 } as const);
      return {
        id: name,
        behaviour: 'witness',
        args: null,
        name,
        restart: 'temporary',
        mailboxMessagesMax: 1_000_000,
        placement,
      };
    }),
  ];
  const { node } = await threadedStage(t, children, { schedulers });
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
