// Owns what is in the journal: groups of entries put, given back in the order in which they came, and taken out.
// It judges a group as SQL does (whether it follows, repeats, or collides), as far as its own part of the room reaches.
//
//   one transaction and one fsync for each request: what `put` answers as stored is on the disk

import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import { crc32 } from 'node:zlib';
import type {
  AppendOutcome,
  Entry,
  JournalContents,
  JournalGroup,
  JournalTail,
  RoomId,
  SiteId,
} from '../../actors/mod.ts';
import { misshapen } from '../sql/group-shape.ts';
import { SqlError } from '../sql/sql-error.ts';
import { sqlErrorOf } from '../sqlite/errors.ts';

type Group = readonly Entry[];
type Row = { readonly [column: string]: unknown };

export interface JournalLimits {
  readonly bytesMax: number;
  readonly entriesMax: number;
}

/** What a row costs beside its text: keys, indexes, the page's own. */
const rowBytes = 200;
const stored: AppendOutcome = { type: 'stored' };
const conflict: AppendOutcome = { type: 'conflict' };
const behind: AppendOutcome = { type: 'behind' };
const full: AppendOutcome = { type: 'failed', code: 'full', retryable: true };
const failed: AppendOutcome = { type: 'failed', code: 'unavailable', retryable: true };

export interface JournalLogParts {
  readonly limits: JournalLimits;
  readonly now: () => number;
  readonly onDamage: (groups: number) => void;
}

export class JournalLog {
  readonly #database: DatabaseSync;
  readonly #limits: JournalLimits;
  readonly #now: () => number;
  /** Told how many groups were damaged. */
  readonly #onDamage: (groups: number) => void;
  readonly #statements = new Map<string, ReturnType<DatabaseSync['prepare']>>();
  #bytes = 0;
  #entries = 0;
  #groups = 0;

  constructor(database: DatabaseSync, { limits, now, onDamage }: JournalLogParts) {
    this.#database = database;
    this.#limits = limits;
    this.#now = now;
    this.#onDamage = onDamage;
    this.#weigh();
  }

  begin(): number {
    return Number(this.#one('UPDATE writers SET writer = writer + 1 RETURNING writer').writer);
  }

  get writer(): number {
    return Number(this.#one('SELECT writer FROM writers').writer);
  }

  put(groups: readonly Group[]): readonly AppendOutcome[] {
    try {
      return this.transaction(() => this.#placeAll(groups));
    } catch (error) {
      if (!(sqlErrorOf(error) instanceof SqlError)) throw error;
      // What was put before is known even on a full disk.
      const known = groups.map((group) => (this.#isThere(group) ? stored : failed));
      if (known.every((outcome) => outcome === failed)) throw error;
      return known;
    }
  }

  /** In the order in which they came. What its checksum disowns is set aside on the way. */
  oldest(limit: number): { readonly groups: readonly JournalGroup[]; readonly more: boolean } {
    const rows = this.#all('SELECT * FROM groups ORDER BY number LIMIT ?', limit + 1);
    return { groups: this.#groupsOf(rows.slice(0, limit)), more: rows.length > limit };
  }

  room(room: RoomId): readonly JournalGroup[] {
    return this.#groupsOf(this.#all('SELECT * FROM groups WHERE room = ? ORDER BY pos', room));
  }

  tail(room: RoomId): JournalTail | null {
    const last = this.#last(room);
    if (last === undefined) return null;
    const { first } = this.#one('SELECT min(pos) AS first FROM groups WHERE room = ?', room);
    return { firstPos: Number(first), ...last };
  }

  rooms(site?: SiteId): readonly RoomId[] {
    const rows =
      site === undefined
        ? this.#all('SELECT DISTINCT room FROM groups')
        : this.#all('SELECT DISTINCT room FROM groups WHERE site = ?', site);
    return rows.map(({ room }) => room as RoomId);
  }

  /** Not synced by itself: what comes back after a power loss is known by SQL as stored. */
  remove(numbers: readonly number[]): void {
    if (numbers.length === 0) return;
    this.#database.exec('PRAGMA synchronous = NORMAL');
    try {
      this.transaction(() => this.#delete(numbers));
    } finally {
      this.#database.exec('PRAGMA synchronous = FULL');
    }
  }

  holds(room: RoomId): boolean {
    return this.#all('SELECT 1 FROM groups WHERE room = ? LIMIT 1', room).length > 0;
  }

  /** A journal that is full takes this too: it is there already, under other numbers. */
  replace(room: RoomId, upTo: number, groups: readonly Group[]): boolean {
    const numbers = this.#all('SELECT number FROM groups WHERE room = ?', room).map((row) => Number(row.number));
    if (numbers.some((number) => number > upTo)) return false;
    this.transaction(() => {
      this.#delete(numbers);
      for (const group of groups) this.#insert(group, this.#last(room)?.seq ?? null);
    });
    return true;
  }

  setAside(number: number, reason: string): void {
    this.transaction(() => {
      this.#run(
        'INSERT OR IGNORE INTO aside SELECT number, room, ?, ?, bytes, payload FROM groups WHERE number = ?',
        reason,
        this.#now(),
        number,
      );
      this.#delete([number]);
    });
    this.#weigh();
  }

  contents(): JournalContents {
    const { rooms } = this.#one('SELECT count(DISTINCT room) AS rooms FROM groups');
    const [first] = this.#all('SELECT at FROM groups ORDER BY number LIMIT 1');
    return {
      groups: this.#groups,
      entries: this.#entries,
      rooms: Number(rooms),
      bytes: this.#bytes,
      bytesMax: this.#limits.bytesMax,
      oldestAt: first === undefined ? null : Number(first.at),
      aside: Number(this.#one('SELECT count(*) AS aside FROM aside').aside),
    };
  }

  /** All or nothing, synced when it returns. */
  transaction<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      this.#weigh();
      throw error;
    }
  }

  close(): void {
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  #placeAll(groups: readonly Group[]): readonly AppendOutcome[] {
    const stopped = new Set<RoomId>();
    return groups.map((group) => {
      const room = group[0]?.room;
      if (room !== undefined && stopped.has(room)) return behind;
      const outcome = this.#place(group);
      if (room !== undefined && outcome.type !== 'stored') stopped.add(room);
      return outcome;
    });
  }

  #place(group: Group): AppendOutcome {
    const wrong = misshapen(group);
    const [first] = group;
    if (wrong !== null || first === undefined) return { type: 'failed', code: wrong ?? 'invalid', retryable: false };
    const last = this.#last(first.room);
    const follows = last === undefined || (first.pos === last.pos + 1 && first.fence >= last.fence);
    const before = this.#saidBefore(group);
    if (!follows || before !== null) {
      if (this.#isThere(group)) return stored;
      return before === null ? conflict : { type: 'repeat', entry: before };
    }
    if (this.#entries + group.length > this.#limits.entriesMax) return full;
    if (this.#bytes + bytesOf(payloadOf(group)) > this.#limits.bytesMax) return full;
    this.#insert(group, last?.seq ?? null);
    return stored;
  }

  #insert(group: Group, seqBefore: number | null): void {
    const [first] = group;
    if (first === undefined) return;
    const payload = payloadOf(group);
    const seq = group.findLast((entry) => entry.seq !== null)?.seq ?? seqBefore;
    const { room, site, pos, fence } = first;
    const { number } = this.#one(
      `INSERT INTO groups (room, site, pos, last_pos, seq, fence, entries, bytes, at, payload, crc)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number`,
      ...[room, site, pos, pos + group.length - 1, seq, fence],
      ...[group.length, bytesOf(payload), this.#now(), payload, crc32(payload)],
    );
    for (const { author, cmid } of group) {
      if (cmid !== null) this.#run('INSERT INTO said VALUES (?, ?, ?, ?)', room, author.id, cmid, Number(number));
    }
    this.#bytes += bytesOf(payload);
    this.#entries += group.length;
    this.#groups += 1;
  }

  #delete(numbers: readonly number[]): void {
    for (const number of numbers) {
      this.#run('DELETE FROM said WHERE number = ?', number);
      const [gone] = this.#all('DELETE FROM groups WHERE number = ? RETURNING bytes, entries', number);
      if (gone === undefined) continue;
      this.#bytes -= Number(gone.bytes);
      this.#entries -= Number(gone.entries);
      this.#groups -= 1;
    }
  }

  /** The very same, but for the fence: a later owner says the same under a higher one. */
  #isThere(group: Group): boolean {
    const [first] = group;
    if (first === undefined) return false;
    const [row] = this.#all('SELECT payload FROM groups WHERE room = ? AND pos = ?', first.room, first.pos);
    return row !== undefined && isDeepStrictEqual(withoutFence(parsed(row)), withoutFence(wellFormed(group)));
  }

  /** Another entry with the same author and cmid, or the same one. */
  #saidBefore(group: Group): Entry | null {
    for (const { room, author, cmid } of group) {
      if (cmid === null) continue;
      const [row] = this.#all(
        'SELECT payload FROM said JOIN groups USING (number) WHERE said.room = ? AND author = ? AND cmid = ?',
        ...[room, author.id, cmid],
      );
      const found =
        row === undefined ? undefined : parsed(row).find((one) => one.cmid === cmid && one.author.id === author.id);
      if (found !== undefined) return found;
    }
    return null;
  }

  #last(room: RoomId): { readonly pos: number; readonly seq: number | null; readonly fence: number } | undefined {
    const [row] = this.#all('SELECT last_pos, seq, fence FROM groups WHERE room = ? ORDER BY pos DESC LIMIT 1', room);
    if (row === undefined) return undefined;
    return { pos: Number(row.last_pos), seq: row.seq === null ? null : Number(row.seq), fence: Number(row.fence) };
  }

  #groupsOf(rows: readonly Row[]): readonly JournalGroup[] {
    const damaged = rows.filter(({ payload, crc }) => crc32(String(payload)) !== Number(crc));
    for (const { number } of damaged) this.setAside(Number(number), 'damaged');
    if (damaged.length > 0) this.#onDamage(damaged.length);
    return rows
      .filter((row) => !damaged.includes(row))
      .map((row) => ({ number: Number(row.number), entries: parsed(row) }));
  }

  /** From the file, so that no failed transaction leaves a wrong sum behind. */
  #weigh(): void {
    const held = this.#one(
      'SELECT count(*) AS groups, coalesce(sum(bytes), 0) AS bytes, coalesce(sum(entries), 0) AS entries FROM groups',
    );
    const aside = this.#one('SELECT coalesce(sum(bytes), 0) AS bytes FROM aside');
    this.#bytes = Number(held.bytes) + Number(aside.bytes);
    this.#entries = Number(held.entries);
    this.#groups = Number(held.groups);
  }

  #all(sql: string, ...values: readonly SQLInputValue[]): readonly Row[] {
    return this.#statement(sql).all(...values);
  }

  #one(sql: string, ...values: readonly SQLInputValue[]): Row {
    const [row] = this.#all(sql, ...values);
    if (row === undefined) throw new Error('a statement that gives one row gave none');
    return row;
  }

  #run(sql: string, ...values: readonly SQLInputValue[]): void {
    this.#statement(sql).run(...values);
  }

  #statement(sql: string): ReturnType<DatabaseSync['prepare']> {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const made = this.#database.prepare(sql);
    this.#statements.set(sql, made);
    return made;
  }
}

function payloadOf(group: Group): string {
  return JSON.stringify(wellFormed(group));
}

function bytesOf(payload: string): number {
  return Buffer.byteLength(payload) + rowBytes;
}

/** Half a surrogate pair has no UTF-8: both sides of a comparison are as the file holds them. */
function wellFormed(group: Group): Group {
  return group.map((entry) => ({
    ...entry,
    author: { ...entry.author, name: entry.author.name.toWellFormed() },
    text: entry.text?.toWellFormed() ?? null,
  }));
}

function parsed(row: Row): readonly Entry[] {
  return JSON.parse(String(row.payload)) as readonly Entry[];
}

function withoutFence(group: Group): readonly object[] {
  return group.map(({ fence: _, ...rest }) => rest);
}
