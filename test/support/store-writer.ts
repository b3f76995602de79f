// Owns a process that appends until it is killed, and prints each id once it is acknowledged.
// Started by a test with the path of a database and the run's number; it never ends by itself.

import { writeSync } from 'node:fs';
import { openStore } from '../../stores/mod.ts';
import { opened, room, said } from './entries.ts';

const [path = '', letters = ''] = process.argv.slice(2);
const store = openStore(path);
await store.migrate();
const of = room(letters);
const tail = await store.call('tail', { room: of });
let { pos, seq } = tail.ok ? tail.value : { pos: 0, seq: 0 };
for (;;) {
  // Each request is a group of two and one of one: what a kill must not tear apart.
  const groups = [[opened(of, pos + 1), said(of, pos + 2, seq + 1)], [said(of, pos + 3, seq + 2)]];
  const answer = await store.call('append', { groups });
  if (!answer.ok || answer.value.outcomes.some((outcome) => outcome.type !== 'stored')) process.exit(1);
  writeSync(
    1,
    `${groups
      .flat()
      .map((entry) => entry.id)
      .join(' ')}\n`,
  );
  pos += 3;
  seq += 2;
}
