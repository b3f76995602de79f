// Owns the stage of memcached's tests: real servers behind proxies that can harm, and a node that speaks to them.
// Each copy names the session that it belongs to, so that a wrong one is known at once.

import assert from 'node:assert/strict';
import type { GateStatus, Kept, SessionCopy, SessionId, Signed } from '../../actors/mod.ts';
import { type ActorNode, type SupervisorSpec, startLocal, startNode, systemClock } from '../../runtime/mod.ts';
import { memcached, storeBehaviours } from '../../stores/mod.ts';
import { type Backend, type MemcachedOptions, startMemcached } from './backends/mod.ts';
import { sessionCopy } from './cache-conformance.ts';
import { must } from './chat-stage.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { eventually } from './stopwatch.ts';

const minuteMs = 60_000;

export interface MemcachedPlace {
  readonly server: Backend;
  readonly proxy: FaultProxy;
}

/** Ends what a test started, the last first. */
export interface Endings {
  after(end: () => unknown): void;
}

export async function startPlace(test: Endings, options: MemcachedOptions = {}): Promise<MemcachedPlace> {
  const server = await startMemcached(options);
  test.after(() => server.stop());
  const proxy = await startFaultProxy(server);
  test.after(() => proxy.close());
  return { server, proxy };
}

type Servers = readonly { readonly host: string; readonly port: number }[];

/** A node with real time, whose one actor is memcached's, in this thread. */
export async function startMemcachedNode(test: Endings, servers: Servers): Promise<MemcachedNode> {
  const tree = treeOf(servers);
  const node = await startLocal({ behaviours: storeBehaviours, clock: systemClock(), tree });
  test.after(() => node.stop());
  return new MemcachedNode(node);
}

/** The same on a gate thread of its own, as in earnest. */
export async function startThreadedNode(test: Endings, servers: Servers): Promise<MemcachedNode> {
  const node = await startNode({
    node: 'test',
    threadEntry: import.meta.resolve('./store-thread.ts'),
    behaviours: storeBehaviours,
    schedulers: 1,
    gates: [{ name: 'memcached' }],
    families: [],
    tree: treeOf(servers),
  });
  test.after(() => node.stop());
  return new MemcachedNode(node);
}

function treeOf(servers: Servers): SupervisorSpec {
  const addresses = servers.map(({ host, port }) => ({ host, port }));
  return {
    strategy: 'oneForOne',
    intensity: 20,
    children: [
      {
        id: 'memcached',
        name: 'memcached',
        behaviour: 'memcachedCache',
        args: { servers: addresses },
        placement: { on: 'gate', gate: 'memcached' },
      },
    ],
  };
}

export class MemcachedNode {
  readonly node: ActorNode;

  constructor(node: ActorNode) {
    this.node = node;
  }

  async keep(session: string, more: Partial<SessionCopy> = {}, ttlMs = minuteMs): Promise<Kept> {
    const copy = signed({ card: { name: nameIn(session), verified: false }, ...more });
    return must(await this.node.call(memcached, 'keepSession', { session: session as SessionId, copy, ttlMs }));
  }

  /** Fails the test where the answer is another session's. */
  async read(session: string): Promise<{ readonly version: number | null; readonly reason: string }> {
    const answer = must(await this.node.call(memcached, 'readSession', { session: session as SessionId }));
    const { copy, reason } = answer;
    if (copy !== null) assert.equal(copy.card?.name, nameIn(session), 'a copy of another session');
    return { version: copy?.version ?? null, reason };
  }

  async forget(session: string): Promise<void> {
    this.node.cast(memcached, 'forgetSession', { session: session as SessionId });
    // Handled in order: what is answered came after it.
    await this.gates();
  }

  async gates(): Promise<readonly GateStatus[]> {
    return must(await this.node.call(memcached, 'status', {})).gates;
  }

  async gate(): Promise<GateStatus> {
    const [gate] = await this.gates();
    return gate ?? assert.fail('there is no gate');
  }

  /** What a counter with this metric and this label came to. */
  async counted(metric: string, label: string): Promise<number> {
    const { threads } = await this.node.inspect();
    const counters = threads.flatMap(({ counters }) => counters).filter((counter) => counter.metric === metric);
    return counters.find(({ labels }) => Object.values(labels).includes(label))?.value ?? 0;
  }

  async isUp(msMax = 2_000): Promise<void> {
    await eventually(msMax, async () => (await this.gates()).every(({ state }) => state === 'up'));
  }

  /** Resolves with how long it took until a value was put and came back. */
  serves(msMax: number): Promise<number> {
    let version = 0;
    return eventually(msMax, async () => {
      version += 1;
      await this.keep('sagain', { version });
      return (await this.read('sagain')).version === version;
    });
  }

  stop(): Promise<void> {
    return this.node.stop();
  }
}

/** Plain, also where the session's name is not. */
function nameIn(session: string): string {
  return JSON.stringify(session);
}

export function signed(more: Partial<SessionCopy>): Signed<SessionCopy> {
  return { ...sessionCopy(more), writer: 'w1' };
}
