// Owns what the journal promises of its file: order, one copy of each, bounds, and that nothing is silently emptied.
// It opens real files in a directory of its own.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { AppendOutcome, Entry, JournalProtocol, OperatorRecord, SiteRecord } from '../../actors/mod.ts';
import type { Answer, Request } from '../../runtime/mod.ts';
import { type JournalCall, type JournalEvent, OpenedJournal } from '../../stores/journal/opened-journal.ts';
import { opened, operatorNamed, room, said, site } from '../support/entries.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary.ts';

const a = room('a');
const b = room('b');
const ownerOnly = 0o600;
const permissionBits = 0o777;

describe('the journal', () => {
  let directory: TemporaryDirectory;
  let path: string;
  let now: number;
  let events: JournalEvent[];
  const journals: OpenedJournal[] = [];

  beforeEach(() => {
    directory = temporaryDirectory();
    path = join(directory.path, 'journal.db');
    now = Date.UTC(2026, 0, 1);
    events = [];
  });
  afterEach(() => {
    for (const journal of journals.splice(0)) journal.close();
    directory.remove();
  });

  /** As one writer has it, from its beginning. */
  class Writer {
    readonly file: OpenedJournal;
    readonly writer: number;

    constructor({ bytesMax = 1_000_000, entriesMax = 1_000 } = {}) {
      const report = (event: JournalEvent) => void events.push(event);
      this.file = new OpenedJournal({ path, limits: { bytesMax, entriesMax }, now: () => now, report });
      journals.push(this.file);
      this.writer = this.ask('begin', {}).writer;
    }

    ask<N extends JournalCall>(name: N, request: Request<JournalProtocol, N>): Answer<JournalProtocol, N> {
      const result = this.file.call(name, request);
      if (!result.ok) assert.fail(`${name}: ${result.error.code}`);
      return result.value;
    }

    put(...groups: readonly (readonly Entry[])[]): readonly AppendOutcome[] {
      return this.ask('put', { writer: this.writer, groups }).outcomes;
    }

    types(...groups: readonly (readonly Entry[])[]): readonly string[] {
      return this.put(...groups).map(({ type }) => type);
    }

    oldest(limit = 100): readonly string[] {
      return this.ask('oldest', { limit }).groups.map(({ entries }) => entries.map(({ id }) => id).join(' '));
    }

    numbers(): readonly number[] {
      return this.ask('oldest', { limit: 100 }).groups.map(({ number }) => number);
    }

    remove(numbers: readonly number[], rooms = [a, b]) {
      return this.ask('remove', { writer: this.writer, numbers, rooms }).held;
    }
  }

  const first = [opened(a, 7), said(a, 8, 3)];

  it('gives back groups of all rooms in the order in which they came, also after it was opened again', () => {
    const journal = new Writer();
    assert.deepEqual(journal.types(first, [said(b, 1, 1)], [said(a, 9, 4)]), ['stored', 'stored', 'stored']);
    const ids = [`${first[0]?.id} ${first[1]?.id}`, said(b, 1, 1).id, said(a, 9, 4).id];
    assert.deepEqual(journal.oldest(), ids);
    journal.file.close();
    const again = new Writer();
    assert.deepEqual(again.oldest(), ids);
    assert.deepEqual(again.oldest(2), ids.slice(0, 2));
    assert.equal(again.ask('oldest', { limit: 2 }).more, true);
    assert.deepEqual(
      again.ask('room', { room: a }).groups.flatMap(({ entries }) => entries),
      [...first, said(a, 9, 4)],
    );
  });

  it('takes the same group once, whatever its fence; what differs in anything is a conflict', () => {
    const journal = new Writer();
    journal.put(first);
    assert.deepEqual(journal.types(first.map((entry) => ({ ...entry, fence: 9 }))), ['stored']);
    assert.deepEqual(journal.types([opened(a, 7), said(a, 8, 3, { text: 'other', cmid: 'other' })]), ['conflict']);
    assert.equal(journal.oldest().length, 1);
  });

  it('takes what follows and nothing else; what stands behind a refused group waits', () => {
    const journal = new Writer();
    journal.put(first);
    assert.deepEqual(journal.types([said(a, 10, 4)], [said(a, 9, 4)], [said(b, 5, 5)]), [
      'conflict',
      'behind',
      'stored',
    ]);
    assert.deepEqual(journal.types([said(a, 9, 4, { fence: 0 })]), ['conflict'], 'an earlier owner');
    assert.deepEqual(journal.types([said(a, 9, 4)]), ['stored']);
  });

  it('knows what was said before under another id, by the bytes of its key', () => {
    const journal = new Writer();
    journal.put(first);
    const again = said(a, 9, 4, { id: 'manother', cmid: 'k8' });
    assert.deepEqual(journal.put([again]), [{ type: 'repeat', entry: first[1] }]);
    assert.deepEqual(journal.types([said(a, 9, 4, { cmid: 'K8' })]), ['stored']);
  });

  it('refuses for ever what no store could keep', () => {
    const journal = new Writer();
    const huge = said(a, 1, 1, { text: 'x'.repeat(300_000) });
    assert.deepEqual(journal.put([huge]), [{ type: 'failed', code: 'tooLarge', retryable: false }]);
  });

  it('half of a surrogate pair comes again as the same', () => {
    const journal = new Writer();
    const half = said(a, 1, 1, { text: 'half \ud83d' });
    assert.deepEqual(journal.types([half]), ['stored']);
    assert.deepEqual(journal.types([half]), ['stored']);
  });

  it('says where its part of a room begins and ends', () => {
    const journal = new Writer();
    assert.equal(journal.ask('tail', { room: a }).tail, null);
    journal.put([opened(a, 7)]);
    assert.deepEqual(journal.ask('tail', { room: a }).tail, { firstPos: 7, pos: 7, seq: null, fence: 1 });
    journal.put([said(a, 8, 3, { fence: 4 })], [{ ...opened(a, 9), kind: 'closed', fence: 4 }]);
    assert.deepEqual(journal.ask('tail', { room: a }).tail, { firstPos: 7, pos: 9, seq: 3, fence: 4 });
  });

  it('is full at its bytes and at its entries, says so, and takes again when something left', () => {
    const full = { type: 'failed', code: 'full', retryable: true };
    const byEntries = new Writer({ entriesMax: 3 });
    assert.deepEqual(byEntries.types(first, [said(a, 9, 4)]), ['stored', 'stored']);
    assert.deepEqual(byEntries.put([said(a, 10, 5)]), [full]);
    assert.ok(events.some(({ type }) => type === 'full'));
    byEntries.remove(byEntries.numbers().slice(0, 1));
    assert.deepEqual(byEntries.types([said(a, 10, 5)]), ['stored']);
    byEntries.file.close();
    const { bytes } = new Writer().ask('contents', {});
    const byBytes = new Writer({ bytesMax: bytes + 100 });
    assert.deepEqual(byBytes.put([said(a, 11, 6)]), [full]);
    assert.deepEqual(byBytes.types(byBytes.ask('room', { room: a }).groups[0]?.entries ?? []), ['stored'], 'a repeat');
  });

  it('removes what SQL has, and says which rooms still have something', () => {
    const journal = new Writer();
    journal.put(first, [said(b, 1, 1)], [said(a, 9, 4)]);
    const [one = 0, two = 0, three = 0] = journal.numbers();
    assert.deepEqual(journal.remove([one, two]), [a]);
    assert.deepEqual(journal.types([said(a, 10, 5)]), ['stored']);
    assert.deepEqual(journal.remove([three, three + 1]), []);
    const { groups, entries, bytes } = journal.ask('contents', {});
    assert.deepEqual([groups, entries, bytes], [0, 0, 0]);
  });

  it('replaces a room in one step, and not when more of it came meanwhile', () => {
    const journal = new Writer();
    journal.put(first, [said(b, 1, 1)], [said(a, 9, 4)]);
    const { writer } = journal;
    const moved = [[said(a, 12, 8)], [said(a, 13, 9)]];
    assert.equal(journal.ask('replace', { writer, room: a, upTo: 1, groups: moved }).replaced, false);
    assert.equal(journal.ask('replace', { writer, room: a, upTo: 3, groups: moved }).replaced, true);
    assert.deepEqual(journal.oldest(), [said(b, 1, 1).id, said(a, 12, 8).id, said(a, 13, 9).id]);
    assert.deepEqual(journal.types([said(a, 14, 10)]), ['stored']);
  });

  it('keeps aside what it is told to, and counts it', () => {
    const journal = new Writer();
    journal.put(first, [said(a, 9, 4)]);
    const [number = 0] = journal.numbers();
    journal.ask('setAside', { writer: journal.writer, number, reason: 'invalid' });
    const { groups, aside, bytes } = journal.ask('contents', {});
    assert.deepEqual([groups, aside], [1, 1]);
    assert.ok(bytes > 0);
    journal.file.close();
    const rows = new DatabaseSync(path).prepare('SELECT room, reason, payload FROM aside').all();
    assert.deepEqual([rows.length, rows[0]?.room, rows[0]?.reason], [1, a, 'invalid']);
    assert.deepEqual(JSON.parse(String(rows[0]?.payload)), first);
  });

  it('refuses an earlier writer, also one from before it was opened again', () => {
    const old = new Writer();
    const young = new Writer();
    assert.ok(young.writer > old.writer);
    const late = old.file.call('put', { writer: old.writer, groups: [first] });
    assert.equal(late.ok ? 'ok' : late.error.code, 'staleWriter');
    assert.deepEqual(young.types(first), ['stored']);
  });

  it('is readable by its owner only', () => {
    new Writer().put(first);
    for (const name of readdirSync(directory.path)) {
      assert.equal(statSync(join(directory.path, name)).mode & permissionBits, ownerOnly, name);
    }
  });

  it('a file that is damaged is kept under another name, and a new one goes on', () => {
    const journal = new Writer();
    journal.put(first);
    journal.file.close();
    writeFileSync(path, 'this is no database, and it is long enough to be taken for one'.repeat(100));
    const again = new Writer();
    assert.equal(again.oldest().length, 0);
    assert.deepEqual(again.types(first), ['stored']);
    const [event] = events.filter(({ type }) => type === 'setAside');
    assert.ok(event?.type === 'setAside' && existsSync(event.path));
  });

  it('a file that was cut short is kept under another name', () => {
    const journal = new Writer();
    for (let pos = 1; pos <= 60; pos += 1) journal.put([said(a, pos, pos, { text: 'x'.repeat(2_000) })]);
    journal.file.close();
    truncateSync(path, Math.floor(statSync(path).size / 2));
    new Writer();
    assert.ok(events.some(({ type }) => type === 'setAside'));
    assert.ok(readdirSync(directory.path).some((name) => name.includes('damaged')));
  });

  it('one damaged group is kept aside, and the others are given back', () => {
    const journal = new Writer();
    journal.put(first, [said(b, 1, 1)]);
    journal.file.close();
    const database = new DatabaseSync(path);
    database.exec("UPDATE groups SET payload = replace(payload, 'line', 'lime') WHERE room = 'ra'");
    database.close();
    const again = new Writer();
    assert.deepEqual(again.oldest(), [said(b, 1, 1).id]);
    assert.equal(again.ask('contents', {}).aside, 1);
    assert.ok(events.some(({ type }) => type === 'damaged'));
  });

  it('a file of a newer version is left alone', () => {
    new Writer().file.close();
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 99');
    database.close();
    const report = (event: JournalEvent) => void events.push(event);
    const file = new OpenedJournal({ path, limits: { bytesMax: 1, entriesMax: 1 }, now: () => now, report });
    assert.equal(file.call('begin', {}).ok, false);
    assert.deepEqual(
      events.map(({ type }) => type),
      ['opened', 'closed'],
    );
    assert.ok(!readdirSync(directory.path).some((name) => name.includes('damaged')));
  });

  it('what cannot be opened is refused, not tried again at once, and used as soon as it can', () => {
    const report = (event: JournalEvent) => void events.push(event);
    const later = join(directory.path, 'later');
    const limits = { bytesMax: 1_000, entriesMax: 10 };
    const file = new OpenedJournal({ path: join(later, 'journal.db'), limits, now: () => now, report });
    journals.push(file);
    assert.equal(file.call('begin', {}).ok, false);
    mkdirSync(later);
    assert.equal(file.call('begin', {}).ok, false);
    now += 500;
    assert.equal(file.call('begin', {}).ok, true);
    assert.deepEqual(
      events.map(({ type }) => type),
      ['closed', 'opened'],
    );
  });

  it('remembers accounts and marks; a mark never goes back, and one that went on meanwhile stays', () => {
    const journal = new Writer();
    const alice = { name: operatorNamed('alice'), displayName: 'Alice' } as OperatorRecord;
    const demo = { id: site, name: 'Demo' } as SiteRecord;
    journal.ask('remember', { sites: [demo], operators: [alice] });
    journal.ask('remember', { sites: [], operators: [{ ...alice, displayName: 'A.' }] });
    const mark = (seq: number) => ({ operator: alice.name, room: a, seq });
    journal.ask('keepMarks', { marks: [mark(5)] });
    journal.ask('keepMarks', { marks: [mark(3)] });
    journal.file.close();
    const again = new Writer();
    assert.deepEqual(again.ask('remembered', {}), { sites: [demo], operators: [{ ...alice, displayName: 'A.' }] });
    assert.deepEqual({ ...again.ask('begin', {}).marks[0] }, mark(5));
    again.ask('dropMarks', { marks: [mark(4)] });
    assert.equal(again.ask('begin', {}).marks.length, 1);
    again.ask('dropMarks', { marks: [mark(5)] });
    assert.equal(again.ask('begin', {}).marks.length, 0);
    again.ask('forget', { sites: [site], operators: [alice.name] });
    assert.deepEqual(again.ask('remembered', {}), { sites: [], operators: [] });
  });
});
