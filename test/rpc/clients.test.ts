// Owns the proof that clients which were not written for Parla can talk to it: two JSON-RPC libraries from npm.
// The chat behind the edge is played by a fake.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import jayson from 'jayson/promise/index.js';
import { JSONRPCClient, JSONRPCErrorException } from 'json-rpc-2.0';
import type { Methods } from '../../rpc/mod.ts';
import { startEdge, type TestEdge } from '../support/rpc-edge.ts';

type Opened = Methods['session.open']['result'];

/** How jayson is told that there is no id; its types do not know. */
const notification = null as never;

describe('jayson', () => {
  const client = (edge: TestEdge) => jayson.Client.http({ host: '127.0.0.1', port: edge.port, path: '/rpc' });

  it('opens, sends and polls', async (test) => {
    const edge = await startEdge(test);
    const jay = client(edge);
    const opened: Opened = (await jay.request('session.open', { site: 'demo' })).result;
    const { visitor, cursor } = opened;
    const said = await jay.request('message.send', { visitor, cmid: 'c1', text: 'hi' });
    assert.deepEqual([said.result.seq, said.error], [1, undefined]);
    const polled = await jay.request('session.poll', { visitor, cursor });
    assert.deepEqual(
      polled.result.events.map(({ type }: { type: string }) => type),
      ['message'],
    );
  });

  it('understands errors, and ids of its own', async (test) => {
    const edge = await startEdge(test);
    const jay = client(edge);
    const answer = await jay.request('session.open', { site: 'nowhere' }, 'my-id');
    assert.equal(answer.id, 'my-id');
    assert.equal(answer.error.code, -32_002);
    assert.equal((await jay.request('no.such', {})).error.code, -32_601);
    assert.equal((await jay.request('session.open', ['demo'])).error.code, -32_602);
  });

  it('sends batches and notifications', async (test) => {
    const edge = await startEdge(test);
    const jay = client(edge);
    const { visitor }: Opened = (await jay.request('session.open', { site: 'demo' })).result;
    const answers = await jay.request([
      jay.request('message.send', { visitor, cmid: 'a', text: '1' }, undefined, false),
      jay.request('session.typing', { visitor, on: true }, notification, false),
      jay.request('message.send', { visitor, cmid: 'b', text: '2' }, undefined, false),
    ]);
    assert.deepEqual(
      answers.map(({ result }: { result: { seq: number } }) => result.seq),
      [1, 2],
    );
    assert.equal(edge.chat.casts('typing').length, 1);
    await jay.request('session.typing', { visitor, on: false }, notification);
    assert.equal(edge.chat.casts('typing').length, 2);
  });
});

describe('json-rpc-2.0', () => {
  const client = (edge: TestEdge): JSONRPCClient => {
    const made: JSONRPCClient = new JSONRPCClient(async (request) => {
      const { status, body } = await edge.post(request);
      if (status !== 204) made.receive(body as Parameters<typeof made.receive>[0]);
    });
    return made;
  };

  it('opens, sends and polls', async (test) => {
    const edge = await startEdge(test);
    const rpc = client(edge);
    const { visitor, cursor }: Opened = await rpc.request('session.open', { site: 'demo' });
    await rpc.request('message.send', { visitor, cmid: 'c1', text: 'hi' });
    const { events } = await rpc.request('session.poll', { visitor, cursor });
    assert.equal(events.length, 1);
  });

  it('throws its own exception with the code and the data', async (test) => {
    const edge = await startEdge(test);
    await assert.rejects(
      async () => client(edge).request('session.poll', { visitor: 'x', cursor: '' }),
      (error) => error instanceof JSONRPCErrorException && error.code === -32_001 && error.data.field === 'visitor',
    );
  });

  it('sends batches and notifications', async (test) => {
    const edge = await startEdge(test);
    const rpc = client(edge);
    const { visitor, cursor }: Opened = await rpc.request('session.open', { site: 'demo' });
    const batch = [1, 2].map((id) => ({
      jsonrpc: '2.0' as const,
      id,
      method: 'message.send',
      params: { visitor, cmid: `c${id}`, text: 'hi' },
    }));
    const answers = await rpc.requestAdvanced([
      ...batch,
      { jsonrpc: '2.0', id: 3, method: 'session.poll', params: { visitor, cursor } },
    ]);
    assert.deepEqual(
      answers.map(({ id }) => id),
      [1, 2, 3],
    );
    assert.equal(answers[2]?.result.events.length, 2, 'a poll in a batch is answered at once');
    rpc.notify('session.typing', { visitor, on: true });
    while (edge.chat.casts('typing').length === 0) await new Promise((resolve) => setImmediate(resolve));
  });
});
