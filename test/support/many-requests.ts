// Owns a rush: tens of thousands of requests of visitors who are known, a few batches of them at a time.
// It counts what became of each of them; a request without an answer is an error.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { keepAliveAgent, rpc } from '../../bench/mod.ts';
import { post } from '../../bench/rpc-client.ts';

const visitors = 40;
/** At once; each visitor waits for his answers. */
const busyVisitors = 4;
const batchRequests = 20;
const page = { url: 'https://shop.example/', title: 'Shop' };

export interface Rushed {
  readonly answered: number;
  /** By error code. */
  readonly refused: ReadonlyMap<string, number>;
  readonly sent: number;
  readonly worstMs: number;
}

export class Rush {
  readonly #target;
  readonly #tokens: string[] = [];

  constructor(url: string) {
    this.#target = { url, agent: keepAliveAgent(), address: '10.253.2.1' };
  }

  /** While everything is well; each says something, so that there is a conversation to keep. */
  async open(): Promise<void> {
    for (let number = 0; number < visitors; number++) {
      const target = { ...this.#target, address: `10.253.2.${number}` };
      const { visitor } = await rpc(target, 'session.open', { params: { site: 'demo', page } });
      await rpc(target, 'message.send', { params: { visitor, cmid: cmid(), text: 'hello' } });
      this.#tokens.push(visitor);
    }
  }

  async run(requests: number): Promise<Rushed> {
    const refused = new Map<string, number>();
    let [answered, sent, worstMs, left] = [0, 0, 0, requests];
    const one = async (visitor: string) => {
      left -= batchRequests;
      const asked = batchOf(visitor);
      const began = performance.now();
      const { status, body } = await post({ ...this.#target, path: '/rpc', body: JSON.stringify(asked) });
      worstMs = Math.max(worstMs, performance.now() - began);
      assert.equal(status, 200, body.slice(0, 200));
      const answers: readonly Answer[] = JSON.parse(body);
      assert.equal(answers.length, asked.length);
      answered += answers.length;
      for (const { result, error } of answers) {
        if (result?.seq !== undefined) sent += 1;
        if (error !== undefined) refused.set(error.data.code, (refused.get(error.data.code) ?? 0) + 1);
      }
    };
    const waiting = [...this.#tokens];
    const work = async () => {
      while (left > 0) {
        const visitor = waiting.shift() ?? assert.fail('more are busy than there are');
        await one(visitor);
        waiting.push(visitor);
      }
    };
    await Promise.all(Array.from({ length: busyVisitors }, work));
    return { answered, refused, sent, worstMs };
  }

  close(): void {
    this.#target.agent.destroy();
  }
}

interface Answer {
  readonly result?: { readonly seq?: number };
  readonly error?: { readonly data: { readonly code: string } };
}

/** One message, and what people do beside. */
function batchOf(visitor: string): readonly object[] {
  const others = Array.from({ length: batchRequests - 1 }, (_, index): readonly [string, object] => {
    if (index % 4 === 0) return ['session.typing', { on: index % 8 === 0 }];
    if (index % 4 === 1) return ['message.history', { limit: 1 }];
    return ['session.page', { page: { ...page, url: `${page.url}${index}` } }];
  });
  const all: readonly (readonly [string, object])[] = [['message.send', { cmid: cmid(), text: 'and on' }], ...others];
  return all.map(([method, params], id) => ({ jsonrpc: '2.0', id, method, params: { visitor, ...params } }));
}

function cmid(): string {
  return randomBytes(12).toString('base64url');
}
