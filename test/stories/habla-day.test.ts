// Owns a tenth of the compressed day as a story: what the server writes stays within its budget, and every chat ends well.
// The whole day beside the old way is `npm run bench -- habla-day`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hablaDay } from '../../bench/mod.ts';

test('a tenth of a day of 3,000 messages costs at most a tenth of 5,000 SQL writes, and no read for its sessions', async () => {
  const byDefault = Object.fromEntries(hablaDay.options.map((option) => [option.name, option.byDefault ?? false]));
  const outcome = await hablaDay.run({ values: { ...byDefault, quick: true }, progress: () => undefined });
  assert.ok(outcome.ok, outcome.text);
});
