// Owns the proof that the stores live on gate threads of a real node, and come back with what was committed.
// It never looks into the database: it asks as the chat asks.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { cache, type SessionId, store } from '../../actors/mod.ts';
import { type ActorNode, type NodeOptions, startLocal, startNode } from '../../runtime/mod.ts';
import { memoryCache, openStore, sqlStore } from '../../stores/mod.ts';
import { opened, room, said, site } from '../support/entries.ts';
import { storeConformance } from '../support/store-conformance.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary.ts';

const a = room('a');
const first = [opened(a, 1), said(a, 2, 1)];

storeConformance('the store as an actor', async () => {
  const node = await startLocal({
    behaviours: [sqlStore],
    tree: {
      strategy: 'oneForOne',
      children: [{ id: 'store', name: 'store', behaviour: 'sqlStore', args: { path: ':memory:' } }],
    },
  });
  return { call: (name, request) => node.call(store, name, request), close: () => node.stop() };
});

function options(path: string): NodeOptions {
  const placed = (gate: string) => ({ on: 'gate', gate }) as const;
  return {
    node: 'test',
    threadEntry: import.meta.resolve('../support/store-thread.ts'),
    behaviours: [sqlStore, memoryCache],
    schedulers: 1,
    gates: [{ name: 'sql', ownsFiles: true }, { name: 'cache' }],
    families: [],
    tree: {
      strategy: 'oneForOne',
      intensity: 5,
      children: [
        { id: 'store', name: 'store', behaviour: 'sqlStore', args: { path }, placement: placed('sql') },
        {
          id: 'cache',
          name: 'cache',
          behaviour: 'memoryCache',
          args: { bytesMax: 1_000_000 },
          placement: placed('cache'),
        },
      ],
    },
  };
}

async function withNode(story: (node: ActorNode, directory: TemporaryDirectory) => Promise<void>): Promise<void> {
  const directory = temporaryDirectory();
  const node = await startNode(options(join(directory.path, 'parla.db')));
  try {
    await story(node, directory);
  } finally {
    await node.stop();
    directory.remove();
  }
}

const comesBackMsMax = 20_000;

/** A thread that is gone answers `noproc` or `threadLost` until it is back: asked until then, and not for ever. */
async function tailWhenBack(node: ActorNode): Promise<unknown> {
  const until = performance.now() + comesBackMsMax;
  while (performance.now() < until) {
    const answer = await node.call(store, 'tail', { room: a });
    if (answer.ok) return answer.value;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return assert.fail('the store did not come back');
}

async function gateIndex(node: ActorNode, gate: string): Promise<number> {
  const { threads } = await node.inspect();
  return threads.find(({ thread }) => thread.includes(gate))?.index ?? assert.fail(`no gate ${gate}`);
}

describe('the stores on their gate threads', () => {
  it('store and remember as they do in one thread', () =>
    withNode(async (node) => {
      const appended = await node.call(store, 'append', { groups: [first] });
      assert.deepEqual(appended, { ok: true, value: { outcomes: [{ type: 'stored' }] } });
      const answer = await node.call(store, 'load', { room: a });
      assert.deepEqual(answer.ok && answer.value.turns, [opened(a, 1)]);
      const copy = { fence: 1, version: 1, site, chatted: true, card: null, visitorRead: 0, level: null, page: null };
      const session = 'sone' as SessionId;
      node.cast(cache, 'writeSession', { session, copy, ttlMs: 60_000 });
      const read = await node.call(cache, 'openSession', { session });
      assert.deepEqual(read.ok && read.value.copy, copy);
    }));

  it('count their statements where the node can be asked for them', () =>
    withNode(async (node) => {
      await node.call(store, 'append', { groups: [first] });
      const counters = (await node.inspect()).threads.flatMap((thread) => thread.counters);
      const inserts = counters.find(({ metric, labels }) => metric === 'sql_statements' && labels.verb === 'INSERT');
      assert.deepEqual(inserts, { metric: 'sql_statements', labels: { verb: 'INSERT', table: 'entries' }, value: 1 });
    }));

  it('come back after their thread is lost, with everything that was acknowledged', () =>
    withNode(async (node) => {
      await node.call(store, 'append', { groups: [first] });
      await node.killThread(await gateIndex(node, 'sql'));
      assert.deepEqual(await tailWhenBack(node), { pos: 2, seq: 1, fence: 1 });
      const appended = await node.call(store, 'append', { groups: [[said(a, 3, 2)]] });
      assert.deepEqual(appended, { ok: true, value: { outcomes: [{ type: 'stored' }] } });
    }));

  it('leave a database that a command can open when the node has stopped', async () => {
    const directory = temporaryDirectory();
    const path = join(directory.path, 'parla.db');
    const node = await startNode(options(path));
    await node.call(store, 'append', { groups: [first] });
    await node.stop();
    const handle = openStore(path);
    assert.deepEqual(await handle.call('tail', { room: a }), { ok: true, value: { pos: 2, seq: 1, fence: 1 } });
    handle.close();
    directory.remove();
  });
});
