// Owns the guarantees of finding an actor by pid inside its thread, whoever's copy of the pid it is.
// How tables by serial number work is tested in tables.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineBehaviour, type Pid, reply, startLocal, stop } from '../../runtime/mod.ts';

type EchoProtocol = {
  calls: { notes: { request: null; answer: readonly string[] } };
  casts: { note: string; end: null };
};

const echo = defineBehaviour<EchoProtocol, null, string[]>({
  name: 'echo',
  init: () => [],
  calls: { notes: (notes) => reply([...notes]) },
  casts: {
    note: (notes, text) => {
      notes.push(text);
    },
    end: () => stop('normal'),
  },
});

function startEchoes(names: readonly string[], node = 'n') {
  const children = names.map(
    (name) => ({ id: name, name, behaviour: 'echo', args: null, restart: 'temporary' }) as const,
  );
  return startLocal({ behaviours: [echo], node, tree: { strategy: 'oneForOne', children } });
}

test('a pid and a copy of it reach the same actor, in the order of sending', async () => {
  const node = await startEchoes(['only']);
  const pid = node.whereis('only') as Pid;
  const copy = structuredClone(pid);
  for (let i = 0; i < 6; i++) node.cast<EchoProtocol, 'note'>(i % 2 === 0 ? pid : copy, 'note', String(i));
  const notes = await node.call<EchoProtocol, 'notes'>(copy, 'notes', null);
  assert.deepEqual(notes, { ok: true, value: ['0', '1', '2', '3', '4', '5'] });
  await node.stop();
});

test('an actor that has ended is nobody, by its pid and by a copy, and others by their pids are still there', async () => {
  const names = Array.from({ length: 2_100 }, (_, i) => `echo ${i}`);
  const node = await startEchoes(names);
  const pids = names.map((name) => node.whereis(name) as Pid);
  // Twice, so that it was written to by the pid that it has itself.
  for (const pid of [...pids, ...pids]) node.cast<EchoProtocol, 'note'>(pid, 'note', 'hello');
  await node.settle();
  const ends = (place: number) => place % 3 === 0;
  for (const [place, pid] of pids.entries()) if (ends(place)) node.cast<EchoProtocol, 'end'>(pid, 'end', null);
  await node.settle();
  for (const [place, pid] of pids.entries()) {
    for (const to of [pid, structuredClone(pid)]) {
      const told = await node.call<EchoProtocol, 'notes'>(to, 'notes', null);
      if (ends(place)) assert.equal(!told.ok && told.error.code, 'noproc');
      else assert.deepEqual(told, { ok: true, value: ['hello', 'hello'] });
    }
  }
  await node.stop();
});

test('a pid of another node in the same thread is nobody here', async () => {
  const one = await startEchoes(['only'], 'one');
  const other = await startEchoes(['only'], 'other');
  const pid = one.whereis('only') as Pid;
  other.cast<EchoProtocol, 'note'>(pid, 'note', 'lost');
  const told = await other.call<EchoProtocol, 'notes'>(pid, 'notes', null);
  assert.equal(!told.ok && told.error.code, 'noproc');
  assert.deepEqual(await one.call<EchoProtocol, 'notes'>(pid, 'notes', null), { ok: true, value: [] });
  await one.stop();
  await other.stop();
});
