// Owns a visitor whose conversation is larger than any cache keeps a value: long messages, in characters of three bytes.
// What he said he knows; whether all of it is shown again is asked in every way in which a page can be asked for.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { keepAliveAgent, RpcRefused, rpc, sleep } from '../../bench/mod.ts';

/** The longest text, in characters that take three bytes each: a room's last 75 are more than two megabytes. */
const textUnits = 10_000;
/** More than a room holds, so that a whole block of the past (50) is too large as well. */
const messages = 130;
const pageMessages = 50;
const page = { url: 'https://shop.example/', title: '題'.repeat(300) };
const patienceMs = 20_000;

export class LargeConversation {
  readonly #target;
  readonly #texts: string[] = [];
  #visitor = '';
  #session = '';

  constructor(url: string) {
    this.#target = { url, agent: keepAliveAgent(), address: '10.253.1.1' };
  }

  async say(): Promise<void> {
    const target = this.#target;
    const { visitor, session } = await patiently(() => rpc(target, 'session.open', { params: { site: 'demo', page } }));
    this.#visitor = visitor;
    this.#session = session;
    const attributes = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`${index}`.padStart(40, 'n'), '値'.repeat(200)]),
    );
    await patiently(() =>
      rpc(target, 'session.identify', { params: { visitor, name: '名'.repeat(100), attributes }, session }),
    );
    for (let number = 1; number <= messages; number++) {
      const text = `${number} `.padEnd(textUnits, '語');
      const params = { visitor, cmid: randomBytes(12).toString('base64url'), text };
      await patiently(() => rpc(target, 'message.send', { params, session }));
      this.#texts.push(text);
    }
  }

  /** Fails where anything is missing, doubled, cut or out of order. */
  async isWhole(): Promise<void> {
    const target = this.#target;
    const { conversation } = await patiently(() =>
      rpc(target, 'session.open', { params: { site: 'demo', visitor: this.#visitor, page }, session: this.#session }),
    );
    assert.ok(conversation !== null, 'there is a conversation');
    const shown = conversation.messages.map(({ text }) => text);
    assert.ok(same(shown, this.#texts.slice(-shown.length)) && shown.length === 75, `the last ${shown.length}`);
    for (let before = messages + 1; before > 1; before -= pageMessages) {
      const params = { visitor: this.#visitor, before, limit: pageMessages };
      const past = await patiently(() => rpc(target, 'message.history', { params, session: this.#session }));
      const wanted = this.#texts.slice(Math.max(0, before - 1 - pageMessages), before - 1);
      assert.ok(
        same(
          past.messages.map(({ text }) => text),
          wanted,
        ),
        `the page before ${before}`,
      );
    }
  }

  leave(): void {
    this.#target.agent.destroy();
  }
}

/** Without a difference in the message: each text is long. */
function same(shown: readonly string[], wanted: readonly string[]): boolean {
  return shown.length === wanted.length && shown.every((text, index) => text === wanted[index]);
}

async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (const until = performance.now() + patienceMs; ; ) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof RpcRefused) || performance.now() > until) throw error;
      if (error.code !== 'throttled' && error.code !== 'unavailable') throw error;
      await sleep(error.retryAfterMs ?? 50);
    }
  }
}
