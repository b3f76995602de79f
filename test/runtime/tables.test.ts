// Owns the guarantees of the tables by serial number, by key and by id, and of sets of pids: they hold what a map would hold.
// Chance is seeded; the model is a plain Map.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Pid, pidKey } from '../../runtime/address.ts';
import { Children } from '../../runtime/children.ts';
import { stableHash } from '../../runtime/hash.ts';
import { KeyTable } from '../../runtime/key-table.ts';
import { PidMap } from '../../runtime/pid-map.ts';
import { PidSet } from '../../runtime/pid-set.ts';
import { SerialTable } from '../../runtime/serial-table.ts';

const steps = 20_000;

function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test('a table by serial number holds what a map holds, whatever comes and goes', () => {
  for (const start of [0, 2 ** 31 - 500, 2 ** 40]) {
    const draw = chance(start + 1);
    const table = new SerialTable<string>();
    const model = new Map<number, string>();
    let last = start;
    for (let i = 0; i < steps; i++) {
      const serial = draw(2) === 0 ? ++last : last - draw(400);
      if (draw(2) === 0) {
        assert.equal(table.delete(serial), model.delete(serial));
      } else if (serial >= 0) {
        table.set(serial, `v${i}`);
        model.set(serial, `v${i}`);
      }
      assert.equal(table.get(serial), model.get(serial));
      assert.equal(table.size, model.size);
    }
    assert.deepEqual([...table.values()].sort(), [...model.values()].sort());
  }
});

test('a table that is emptied while it is gone through gives nothing that is not there any more', () => {
  const table = new SerialTable<number>();
  for (let i = 0; i < 1_000; i++) table.set(i, i);
  const given: number[] = [];
  for (const item of table.values()) {
    given.push(item);
    table.delete(item);
    table.delete(item + 1);
  }
  assert.deepEqual(
    given,
    Array.from({ length: 500 }, (_, i) => 2 * i),
  );
  assert.equal(table.size, 0);
});

test('a table that was cleared holds nothing, takes what comes anew, and says how much it has', () => {
  const home: Pid = { node: 'n', thread: 1, incarnation: 2, serial: 1 };
  const pids = Array.from({ length: 200 }, (_, i) => ({ ...home, thread: 1 + (i % 2), serial: i }));
  const specOf = (id: string) => ({ id, behaviour: 'any', args: null });
  const map = new PidMap<number>(home);
  const set = new PidSet(home);
  const children = new Children();
  for (let round = 0; round < 3; round++) {
    for (const [i, pid] of pids.entries()) {
      map.set(pid, i);
      set.add(pid);
      children.add(specOf(`child${i}`));
    }
    assert.deepEqual([map.size, set.values().length, children.size], [200, 200, 200]);
    assert.deepEqual(set.empty().map(pidKey).sort(), pids.map(pidKey).sort());
    map.clear();
    children.clear();
    assert.deepEqual([map.size, map.values(), set.values(), children.size, children.values()], [0, [], [], 0, []]);
    for (const [i, pid] of pids.entries()) {
      assert.equal(map.get(pid), undefined);
      assert.equal(set.delete(pid), false);
      assert.equal(children.get(`child${i}`), null);
    }
  }
});

test('a table by key holds what a map holds, however many keys have one hash', () => {
  for (const hashes of [1, 7, 2 ** 31]) {
    const draw = chance(hashes);
    const table = new KeyTable<{ key: string; value: number }>();
    const model = new Map<string, number>();
    for (let i = 0; i < steps; i++) {
      const number = draw(60);
      const key = `k${number}`;
      const hash = Math.imul(number, 2_654_435_761) % hashes;
      if (draw(2) === 0) {
        table.delete(hash, key);
        model.delete(key);
      } else {
        assert.equal(table.add(hash, key, { key, value: i }), !model.has(key), 'a key that is there stays as it is');
        if (!model.has(key)) model.set(key, i);
      }
      assert.equal(table.get(hash, key)?.value, model.get(key));
      assert.equal(table.size, model.size);
    }
    const held = table.values().map(({ key, value }) => [key, value]);
    assert.deepEqual(held.sort(), [...model].sort());
  }
});

test('the children of a supervisor are found by id and listed in start order, also where two ids have one hash', () => {
  const twins = ['child462789', 'child679192'];
  assert.equal(stableHash(twins[0] as string), stableHash(twins[1] as string));
  const draw = chance(11);
  const children = new Children();
  const model = new Set<string>();
  for (let i = 0; i < steps; i++) {
    const id = twins[draw(4)] ?? `child${draw(30)}`;
    if (draw(2) === 0) {
      children.delete(id);
      model.delete(id);
    } else {
      const added = children.add({ id, behaviour: 'any', args: null });
      assert.equal(added === null, model.has(id), 'an id that is there is not taken twice');
      model.add(id);
    }
    assert.equal(children.get(id)?.spec.id ?? null, model.has(id) ? id : null);
    assert.equal(children.size, model.size);
    if (i % 100 === 0)
      assert.deepEqual(
        children.values().map(({ spec }) => spec.id),
        [...model],
      );
  }
});

test('a set of pids holds each pid of each life of each thread once', () => {
  const draw = chance(5);
  const home: Pid = { node: 'n', thread: 1, incarnation: 2, serial: 1 };
  const set = new PidSet(home);
  const model = new Map<string, Pid>();
  for (let i = 0; i < steps; i++) {
    const pid = { node: 'n', thread: 1 + draw(2), incarnation: 1 + draw(2), serial: draw(60) };
    if (draw(2) === 0) {
      set.add(pid);
      model.set(pidKey(pid), pid);
    } else {
      assert.equal(set.delete(pid), model.delete(pidKey(pid)));
    }
  }
  assert.deepEqual(set.values().map(pidKey).sort(), [...model.keys()].sort());
});
