// Owns what a spare thread does while it waits: the work of its first moment, with actors that exist for nobody else.
// It never touches the node, and ends when the thread's own life begins.
//
// Code that has not run yet is not compiled, and 10,000 actors at once are the worst time to find that out. Nor is code
// that has seen one thread and one behaviour only: compiled for these, it is thrown away at the first others. So two
// stages, made as the thread itself will be, play two kinds of extras. 10,000 actors answer 70 ms after the spare took
// over, with 130 ms of CPU, where after one stage and one kind it was 84 and 150 (medians of nine, in turn).

import { MessageChannel } from 'node:worker_threads';
import { type Address, keyed } from './address.ts';
import { defineBehaviour } from './behaviour.ts';
import { heartbeatMemory } from './heartbeat.ts';
import { reply } from './outcome.ts';
import type { ActorThread } from './thread.ts';
import { edgeThread, type Topology, threadCount } from './topology.ts';
import { workingThread } from './working-thread.ts';

const topology: Topology = { schedulers: 2, gates: [] };
/** So many at a time, that the thread's own life need not wait for more. */
const roundActors = 500;
/**
 * With half as many the compiler's last stage was left for the moment that counts: 10,000 actors of a stuck thread were
 * back after 148 ms, with these after 129; half as many more changed nothing (medians of six and more).
 */
const rounds = 20;
/** An actor that is asked, and told something as well, is one of so many. */
const toldOneOf = 3;

type ExtraProtocol = {
  calls: { hello: { request: null; answer: null } };
  casts: { told: { text: string; at: number } };
};

/** The two differ in their functions, not only in their names: that is what the compiler looks at. */
const walkers = defineBehaviour<ExtraProtocol, unknown, { greeted: number }>({
  name: 'walkers',
  init: () => ({ greeted: 0 }),
  calls: {
    hello: (state) => {
      state.greeted++;
      return reply(null);
    },
  },
  casts: { told: () => undefined },
});

const talkers = defineBehaviour<ExtraProtocol, unknown, { texts: string[] }>({
  name: 'talkers',
  init: () => ({ texts: [] }),
  calls: { hello: () => reply(null) },
  casts: {
    told: (state, { text }) => {
      state.texts.push(text);
    },
  },
});

const kinds = [walkers, talkers];

/** A caller and two stages, joined by real ports; each call makes an actor there, and is answered. */
export async function rehearse(mayGoOn: () => boolean): Promise<void> {
  const heartbeats = heartbeatMemory(threadCount(topology));
  const threads = [edgeThread, 1, 2].map((thread) => onStage(thread, heartbeats));
  const [caller, ...stages] = threads as [ActorThread, ...ActorThread[]];
  for (const stage of stages) join(caller, stage);
  for (let round = 0; round < rounds && mayGoOn(); round++) {
    // Few at first: a short frame is packed in another way.
    const actors = await play(caller, round, round === 0 ? 1 : roundActors);
    for (const to of actors) caller.castFromOutside(to, 'told', { text: 'again', at: round });
    for (const stage of stages) stage.transmit(edgeThread, { kind: 'ready' });
  }
  for (const thread of threads) thread.halt();
}

async function play(caller: ActorThread, round: number, size: number): Promise<Address<ExtraProtocol>[]> {
  const kind = (i: number) => (i % kinds.length === 0 ? walkers.name : talkers.name);
  const actors = Array.from({ length: size }, (_, i) => keyed<ExtraProtocol>(kind(i), `${round}.${i}`));
  const told = actors.filter((_, i) => i % toldOneOf === 0);
  for (const to of told) caller.castFromOutside(to, 'told', { text: 'hello', at: round });
  await Promise.all(actors.map((to) => caller.callFromOutside(to, 'hello', null)));
  return told;
}

function join(caller: ActorThread, stage: ActorThread): void {
  const { port1, port2 } = new MessageChannel();
  caller.transport.connect(stage.thread, 1, port1);
  stage.transport.connect(edgeThread, 1, port2);
}

function onStage(thread: number, heartbeats: SharedArrayBuffer): ActorThread {
  const families = thread === edgeThread ? [] : kinds.map(({ name }) => ({ family: name, behaviour: name }));
  const boot = { node: 'rehearsal', thread, incarnation: 1, topology, families, shunned: [] };
  return workingThread({ behaviours: kinds, boot, heartbeats, control: () => undefined });
}
