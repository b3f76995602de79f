// Owns the guarantees of the JSON-RPC 2.0 envelope, as its specification (section 4 to 6) has them.
// It opens no socket.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errorCodes } from '../../rpc/contract.ts';
import { failed, success } from '../../rpc/fault.ts';
import { answerText, type Item, parseEnvelope } from '../../rpc/jsonrpc.ts';

const single = (text: string): Item => {
  const envelope = parseEnvelope(text);
  if (envelope.type !== 'single') throw new Error('a batch');
  return envelope.item;
};
const faultName = (text: string) => {
  const item = single(text);
  return item.type === 'malformed' ? [item.fault.name, item.id] : 'a request';
};

describe('a JSON-RPC envelope', () => {
  it('gives a request with its id, method and params', () => {
    const item = single('{"jsonrpc":"2.0","id":"a","method":"m","params":{"x":1}}');
    assert.deepEqual(item, { type: 'request', id: 'a', method: 'm', params: { x: 1 } });
  });

  it('lets params be left out', () => {
    assert.deepEqual(single('{"jsonrpc":"2.0","id":1,"method":"m"}'), {
      type: 'request',
      id: 1,
      method: 'm',
      params: {},
    });
  });

  it('keeps ids that are strings, numbers or null as they are', () => {
    for (const id of ['"x"', '""', '0', '-1', '1.5', 'null']) {
      const item = single(`{"jsonrpc":"2.0","id":${id},"method":"m"}`);
      assert.equal(item.type === 'request' && JSON.stringify(item.id), id);
    }
  });

  it('knows a request without an id as a notification', () => {
    const item = single('{"jsonrpc":"2.0","method":"m"}');
    assert.equal(item.type === 'request' && item.id, undefined);
  });

  it('refuses what is no request, with the id where one can be told', () => {
    assert.deepEqual(faultName('{'), ['parseError', null]);
    assert.deepEqual(faultName('1'), ['invalidRequest', null]);
    assert.deepEqual(faultName('{"id":7,"method":"m"}'), ['invalidRequest', 7]);
    assert.deepEqual(faultName('{"jsonrpc":"1.0","id":7,"method":"m"}'), ['invalidRequest', 7]);
    assert.deepEqual(faultName('{"jsonrpc":"2.0","id":7}'), ['invalidRequest', 7]);
    assert.deepEqual(faultName('{"jsonrpc":"2.0","id":{},"method":"m"}'), ['invalidRequest', null]);
    assert.deepEqual(faultName('{"jsonrpc":"2.0","id":7,"method":"m","params":null}'), ['invalidRequest', 7]);
  });

  it('takes params by name only', () => {
    assert.deepEqual(faultName('{"jsonrpc":"2.0","id":7,"method":"m","params":[1]}'), ['invalidParams', 7]);
  });

  it('takes batches of 1 to 20, and refuses an empty one as a whole', () => {
    const batch = (size: number) =>
      parseEnvelope(JSON.stringify(Array(size).fill({ jsonrpc: '2.0', id: 1, method: 'm' })));
    assert.equal(batch(1).type, 'batch');
    assert.equal(batch(20).type, 'batch');
    assert.equal(batch(21).type, 'single');
    assert.deepEqual(faultName('[]'), ['invalidRequest', null]);
  });

  it('judges each item of a batch by itself', () => {
    const envelope = parseEnvelope('[1,{"jsonrpc":"2.0","id":2,"method":"m"},[]]');
    const types = envelope.type === 'batch' && envelope.items.map((item) => item.type);
    assert.deepEqual(types, ['malformed', 'request', 'malformed']);
  });

  it('answers with a result or an error, never with both', () => {
    assert.deepEqual(JSON.parse(answerText(1, success({ a: 1 }))), { jsonrpc: '2.0', id: 1, result: { a: 1 } });
    const answer = JSON.parse(answerText(null, failed('throttled', 'slow down', { retryAfterMs: 10 })));
    const data = { code: 'throttled', retryAfterMs: 10 };
    assert.deepEqual(answer, {
      jsonrpc: '2.0',
      id: null,
      error: { code: errorCodes.throttled, message: 'slow down', data },
    });
  });
});
