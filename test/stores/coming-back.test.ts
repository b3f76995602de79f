// Owns the story of a visitor who comes back after each thing that held his session was lost: its thread, its process,
// memcached, Redis, or all of them. The caches are real, and the lost process lives on as a paused owner would.

import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { cache, roomAt } from '../../actors/mod.ts';
import { type Backend, type RedisBackend, startMemcached, startRedis } from '../support/backends/mod.ts';
import { crash } from '../support/breakable.ts';
import { chatStage, code, demo, must, type Stage, Visitor } from '../support/chat-stage.ts';
import { needs } from '../support/needs.ts';
import { eventually } from '../support/stopwatch.ts';

const soonMsMax = 5_000;
const lines = ['hello', 'is anybody there?', 'I wait'];

describe('a visitor comes back', { skip: needs('memcached', 'redis-server') }, () => {
  let memcached: Backend;
  let redis: RedisBackend;

  before(async () => {
    [memcached, redis] = await Promise.all([startMemcached(), startRedis()]);
  });
  after(() => Promise.all([memcached.stop(), redis.stop()]));

  const node = async (t: TestContext, process: string, disk?: Stage['disk']): Promise<Stage> => {
    const servers = { memcached: [memcached], redis: redis.url, process };
    const stage = await chatStage({ servers, ...(disk === undefined ? {} : { disk }) });
    t.after(() => stage.node.stop());
    await inUse(stage);
    return stage;
  };

  /** He has chatted, and what he left is in the caches. */
  const chatted = async (t: TestContext, name: string) => {
    const stage = await node(t, `${name}1`);
    const zoe = new Visitor(stage, name);
    zoe.present();
    must(await stage.node.call(zoe.to, 'identify', { site: demo, card: { name: 'Zoë', verified: false } }));
    for (const [index, line] of lines.entries()) await zoe.says(`k${index}`, line);
    await eventually(soonMsMax, async () => {
      const opened = must(await stage.node.call(cache, 'openRoom', { room: zoe.room }));
      return opened.copy?.past.seq === lines.length;
    });
    return { stage, zoe };
  };

  /** The same visitor, at a node that the edge knows him of by his token only. */
  const again = (stage: Stage, name: string) => new Visitor(stage, name, { fresh: false });

  const hasEverything = async (zoe: Visitor) => {
    const view = await zoe.view();
    assert.deepEqual(
      view?.messages.map(({ text }) => text),
      lines,
    );
    assert.deepEqual(view?.messages[0]?.from.name, 'Zoë');
    assert.equal((await zoe.says('k1', lines[1] ?? '')).seq, 2, 'a repeat gets the first answer');
    assert.equal((await zoe.says('next', 'and on it goes')).seq, lines.length + 1);
  };

  it('after the thread of his session and his room was lost, at the cost of one look at the store', async (t) => {
    const { stage, zoe } = await chatted(t, 'thread');
    await crash(stage.node, zoe.to);
    await crash(stage.node, roomAt(zoe.room));
    stage.disk.calls.length = 0;
    await zoe.view();
    assert.deepEqual(stage.disk.calls, ['tail']);
    await hasEverything(zoe);
  });

  it('after the process was lost, also while the old one is only paused: what that one still says is not stored', async (t) => {
    const { stage, zoe } = await chatted(t, 'process');
    const next = await node(t, 'process2', stage.disk);
    await hasEverything(again(next, 'process'));
    assert.equal(code(await zoe.send('late', 'from the past')), 'unavailable');
    const view = await again(next, 'process').view();
    assert.deepEqual(
      view?.messages.map(({ text }) => text),
      [...lines, 'and on it goes'],
    );
  });

  it('after memcached was lost', async (t) => {
    const { stage } = await chatted(t, 'memcached');
    const next = await node(t, 'memcached2', stage.disk);
    await memcached.kill();
    await hasEverything(again(next, 'memcached'));
    await memcached.start();
  });

  it('after Redis was lost with all that it had', async (t) => {
    const { stage } = await chatted(t, 'redis');
    await redis.kill();
    await redis.start();
    const next = await node(t, 'redis2', stage.disk);
    await hasEverything(again(next, 'redis'));
  });

  it('while Redis is away, at a node that is alone', async (t) => {
    const { stage, zoe } = await chatted(t, 'away');
    await redis.kill();
    await crash(stage.node, zoe.to);
    await crash(stage.node, roomAt(zoe.room));
    await hasEverything(zoe);
    await redis.start();
    await inUse(stage);
    await zoe.says('after', 'and after');
  });

  it('after all of it was lost at once', async (t) => {
    const { stage } = await chatted(t, 'all');
    await Promise.all([memcached.kill(), redis.kill()]);
    await Promise.all([memcached.start(), redis.start()]);
    const next = await node(t, 'all2', stage.disk);
    await hasEverything(again(next, 'all'));
  });
});

async function inUse({ node }: Stage): Promise<void> {
  await eventually(soonMsMax, async () =>
    must(await node.call(cache, 'status', {})).gates.every(({ state }) => state === 'up'),
  );
}
