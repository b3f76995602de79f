// Owns the table from the chat's and the runtime's failures to what a visitor's client is told.
// It opens no socket.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { faultOf, statusOf } from '../../rpc/fault.ts';

const table = [
  ['unavailable', 'unavailable', 200],
  ['throttled', 'throttled', 429],
  ['unknownSite', 'unknownSite', 200],
  ['notFound', 'invalidParams', 200],
  ['invalid', 'invalidParams', 200],
  ['exists', 'invalidParams', 200],
  ['unauthorized', 'unauthorized', 200],
  ['blocked', 'blocked', 200],
  ['timeout', 'unavailable', 200],
  ['noproc', 'unavailable', 200],
  ['exited', 'unavailable', 200],
  ['threadLost', 'unavailable', 200],
  ['overloaded', 'unavailable', 200],
  ['undef', 'internalError', 200],
  ['taken', 'internalError', 200],
  ['unknownOperator', 'internalError', 200],
  ['constructor', 'internalError', 200],
] as const;

describe('a failure of the chat', () => {
  for (const [code, name, status] of table) {
    it(`${code} reaches the client as ${name} with HTTP ${status}`, () => {
      const fault = faultOf({ code, message: 'an inner word', retryable: false });
      assert.equal(fault.name, name);
      assert.equal(statusOf(fault), status);
      assert.ok(!fault.message.includes('inner'), 'what the chat says to a log stays inside');
    });
  }

  it('tells the parameter at fault and the time to wait', () => {
    const invalid = faultOf({ code: 'invalid', message: '', retryable: false, data: { field: 'cmid' } });
    assert.equal(invalid.field, 'cmid');
    const throttled = faultOf({ code: 'throttled', message: '', retryable: true, data: { retryAfterMs: 70 } });
    assert.equal(throttled.retryAfterMs, 70);
    assert.equal(faultOf({ code: 'throttled', message: '', retryable: true }).retryAfterMs, 1_000);
  });
});
