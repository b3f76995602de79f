// Owns the rule that a store says in the log what fails, and does not fill the log with it: on a file and before a server.
// The clock is moved by hand; the file and the absent server are real.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { store } from '../../actors/mod.ts';
import { type LocalNode, type LogLine, startLocal } from '../../runtime/mod.ts';
import { mysqlStore, sqlStore } from '../../stores/mod.ts';
import { freePort } from '../support/backends/mod.ts';
import { room } from '../support/entries.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const minuteMs = 60_000;

async function running(t: TestContext, behaviour: 'sqlStore' | 'mysqlStore', args: object) {
  const log: LogLine[] = [];
  const node = await startLocal({
    behaviours: [sqlStore, mysqlStore],
    tree: { strategy: 'oneForOne', children: [{ id: 'store', name: 'store', behaviour, args }] },
    log: (line) => log.push(line),
  });
  t.after(() => node.stop());
  return { node, said: () => log.filter(({ message }) => message === 'a call of the store failed') };
}

/** Both kinds of call fail many times, and again more than a minute later. */
async function failsForLong(node: LocalNode): Promise<void> {
  const fail = async () => {
    for (let time = 0; time < 5; time += 1) {
      assert.equal((await node.call(store, 'tail', { room: room('a') })).ok, false);
      assert.equal((await node.call(store, 'sites', {})).ok, false);
    }
  };
  await fail();
  await node.advance(minuteMs + 1);
  await fail();
}

function linesOf(lines: readonly LogLine[]) {
  return lines.map(({ level, fields }) => ({ level, call: fields?.call, repeats: fields?.repeats }));
}

const expected = [
  { level: 'warn', call: 'tail', repeats: 0 },
  { level: 'warn', call: 'sites', repeats: 0 },
  { level: 'warn', call: 'tail', repeats: 4 },
  { level: 'warn', call: 'sites', repeats: 4 },
];

test('calls that a database file refuses are logged once a minute for each kind, with how many there were', async (t) => {
  const directory = temporaryDirectory();
  t.after(() => directory.remove());
  const path = join(directory.path, 'parla.db');
  const { node, said } = await running(t, 'sqlStore', { path });
  const other = new DatabaseSync(path);
  other.exec(
    'PRAGMA foreign_keys = OFF; DROP VIEW messages; DROP VIEW conversations; DROP TABLE entries; DROP TABLE sites',
  );
  other.close();
  await failsForLong(node);
  assert.deepEqual(linesOf(said()), expected);
});

test('calls to a database server that is absent are logged once a minute for each kind, without its password', async (t) => {
  const url = `mysql://parla:s3cret@127.0.0.1:${await freePort()}/parla`;
  const { node, said } = await running(t, 'mysqlStore', { url });
  await failsForLong(node);
  assert.deepEqual(linesOf(said()), expected);
  assert.doesNotMatch(JSON.stringify(said()), /s3cret/);
});
