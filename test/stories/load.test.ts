// Owns the smallest run of the load generator as a story: fifty visitors and two operators for ten seconds.
// It asks for no speed, only that nothing is lost, nothing twice and all in order.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from '../../bench/mod.ts';

test('fifty visitors who poll and write lose nothing, see nothing twice, and see all in order', async () => {
  const byDefault = Object.fromEntries(load.options.map((option) => [option.name, option.byDefault ?? false]));
  const outcome = await load.run({
    values: { ...byDefault, visitors: '50', operators: '2', seconds: '10', 'warm-seconds': '0', messages: '5' },
    progress: () => undefined,
  });
  assert.ok(outcome.ok, outcome.text);
});
