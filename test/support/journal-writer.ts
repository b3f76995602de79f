// Owns a process that journals or drains until it is killed, and prints each id once it is acknowledged.
// Started by a test with what to do, the paths of journal and database, and a room's letters; it ends when all is drained.

import { writeSync } from 'node:fs';
import { OpenedJournal } from '../../stores/journal/opened-journal.ts';
import { openStore } from '../../stores/mod.ts';
import { opened, room, said } from './entries.ts';

const [what, journalPath = '', databasePath = '', letters = ''] = process.argv.slice(2);
const journal = new OpenedJournal({
  path: journalPath,
  limits: { bytesMax: 64 * 1_024 * 1_024, entriesMax: 500_000 },
  now: Date.now,
  report: () => undefined,
});
const begun = journal.call('begin', {});
if (!begun.ok) process.exit(1);
const { writer } = begun.value;
if (what === 'put') put();
else await drain();

/** Each request is a group of two and one of one: what a kill must not tear apart. */
function put(): void {
  const of = room(letters);
  const known = journal.call('tail', { room: of });
  let pos = known.ok ? (known.value.tail?.pos ?? 0) : 0;
  let seq = known.ok ? (known.value.tail?.seq ?? 0) : 0;
  for (;;) {
    const groups = [[opened(of, pos + 1), said(of, pos + 2, seq + 1)], [said(of, pos + 3, seq + 2)]];
    const answer = journal.call('put', { writer, groups });
    if (!answer.ok || answer.value.outcomes.some(({ type }) => type !== 'stored')) process.exit(1);
    print(groups.flat().map(({ id }) => id));
    pos += 3;
    seq += 2;
  }
}

async function drain(): Promise<void> {
  const store = openStore(databasePath);
  await store.migrate();
  for (;;) {
    const batch = journal.call('oldest', { limit: 5 });
    if (!batch.ok) process.exit(1);
    const { groups } = batch.value;
    if (groups.length === 0) process.exit(0);
    const appended = await store.call('append', { groups: groups.map(({ entries }) => entries) });
    if (!appended.ok || appended.value.outcomes.some(({ type }) => type !== 'stored')) process.exit(1);
    // Between the two is where a kill hurts most: SQL has it, and so has the journal.
    print(['appended']);
    const removed = journal.call('remove', { writer, numbers: groups.map(({ number }) => number), rooms: [] });
    if (!removed.ok) process.exit(1);
  }
}

function print(words: readonly string[]): void {
  writeSync(1, `${words.join(' ')}\n`);
}
