// Owns the other actor libraries of Node in the table: nact and comedy, each as its own documentation uses it.
// Neither has call deadlines that cost nothing to leave out, links or supervisors: the rows say what is compared.

import { createRequire } from 'node:module';
import { type Contender, rate } from './round.ts';

const require = createRequire(import.meta.url);

/** As much of nact 7.6 as is used here. */
interface Nact {
  start(): unknown;
  stop(system: unknown): void;
  spawn<S, M>(parent: unknown, behave: (state: S, message: M, context: NactContext) => S, name?: string): object;
  spawnStateless<M>(parent: unknown, behave: (message: M, context: NactContext) => void, name?: string): object;
  dispatch(to: object, message: unknown): void;
  query(to: object, message: (from: object) => unknown, ms: number): Promise<unknown>;
}
interface NactContext {
  readonly self: object;
}

interface ComedyActor {
  send(topic: string, message: unknown): Promise<void>;
  sendAndReceive(topic: string, message: unknown): Promise<unknown>;
  createChild(definition: object, options?: object): Promise<ComedyActor>;
  destroy(): Promise<void>;
}
interface ComedySystem {
  rootActor(): Promise<ComedyActor>;
  destroy(): Promise<void>;
}

const callMs = 5_000;

export class Peers {
  readonly #nact: Nact = require('nact');
  readonly #system: unknown = this.#nact.start();
  #comedy: ComedySystem | null = null;

  nactCast(size: number): Contender {
    const { spawn, query, dispatch } = this.#nact;
    const counter = spawn<number, { by: number; from?: object }>(this.#system, (sum = 0, { by, from }) => {
      if (from !== undefined) dispatch(from, sum);
      return sum + by;
    });
    const work = async () => {
      for (let i = 0; i < size; i++) dispatch(counter, { by: 1 });
      await query(counter, (from) => ({ by: 0, from }), 60_000);
    };
    return { name: 'nact', round: () => rate(size, work) };
  }

  nactCall(size: number): Contender {
    const { spawnStateless, query, dispatch } = this.#nact;
    const server = spawnStateless<{ from: object }>(this.#system, ({ from }) => dispatch(from, 1));
    const work = async () => {
      for (let i = 0; i < size; i++) await query(server, (from) => ({ from }), callMs);
    };
    return { name: 'nact', round: () => rate(size, work) };
  }

  nactPingPong(size: number): Contender {
    const { spawnStateless, dispatch } = this.#nact;
    let over: () => void = () => undefined;
    const pong = spawnStateless<{ from: object; left: number }>(this.#system, ({ from, left }, { self }) =>
      dispatch(from, { from: self, left: left - 1 }),
    );
    const ping = spawnStateless<{ left: number }>(this.#system, ({ left }, { self }) => {
      if (left <= 0) over();
      else dispatch(pong, { from: self, left: left - 1 });
    });
    const work = () =>
      new Promise<void>((resolve) => {
        over = resolve;
        dispatch(ping, { left: size });
      });
    return { name: 'nact', round: () => rate(size, work) };
  }

  nactRing(size: number): Contender {
    const actors = 500;
    const { spawnStateless, dispatch } = this.#nact;
    let over: () => void = () => undefined;
    const hops: object[] = [];
    for (let i = 0; i < actors; i++) {
      hops.push(
        spawnStateless<number>(this.#system, (left) => {
          if (left <= 0) over();
          else dispatch(hops[(i + 1) % actors] as object, left - 1);
        }),
      );
    }
    const work = () =>
      new Promise<void>((resolve) => {
        over = resolve;
        dispatch(hops[0] as object, size);
      });
    return { name: 'nact', round: () => rate(size, work) };
  }

  /** Without an acknowledgement of init, which it does not have. */
  nactSpawn(size: number): Contender {
    const { start, stop, spawnStateless } = this.#nact;
    const work = async () => {
      const system = start();
      for (let i = 0; i < size; i++) spawnStateless(system, () => undefined);
      stop(system);
    };
    return { name: 'nact', round: () => rate(size, work) };
  }

  async comedyCast(size: number): Promise<Contender> {
    let sum = 0;
    const actor = await this.#comedyActor({
      add: () => {
        sum++;
      },
      read: () => sum,
    });
    const work = async () => {
      for (let i = 0; i < size; i++) void actor.send('add', 1);
      await actor.sendAndReceive('read', null);
    };
    return { name: 'comedy', round: () => rate(size, work) };
  }

  async comedyCall(size: number): Promise<Contender> {
    const actor = await this.#comedyActor({ add: () => 1 });
    const work = async () => {
      for (let i = 0; i < size; i++) await actor.sendAndReceive('add', 1);
    };
    return { name: 'comedy', round: () => rate(size, work) };
  }

  async comedySpawn(size: number): Promise<Contender> {
    await this.#comedyActor({});
    const root = await this.#comedy?.rootActor();
    const work = async () => {
      for (let i = 0; i < size; i++) await (await root?.createChild({ add: () => 1 }))?.destroy();
    };
    return { name: 'comedy', round: () => rate(size, work) };
  }

  async stop(): Promise<void> {
    this.#nact.stop(this.#system);
    await this.#comedy?.destroy();
  }

  async #comedyActor(definition: object): Promise<ComedyActor> {
    // Its word for: no log.
    this.#comedy ??= require('comedy')({ test: true }) as ComedySystem;
    const root = await this.#comedy.rootActor();
    return root.createChild(definition);
  }
}
