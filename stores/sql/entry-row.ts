// Owns the two shapes of an entry and the way between them: the chat's, and the row that SQL holds.
// It never talks to a database.

import type { Author, ChatMessage, Entry } from '../../actors/mod.ts';
import type { Row, SqlValue } from './query.ts';

export const entryColumns = [
  'id',
  'room',
  'site',
  'pos',
  'seq',
  'kind',
  'at',
  'conversation',
  'author_kind',
  'author_id',
  'author_name',
  'cmid',
  'text',
  'data',
  'fence',
] as const;

/** What the tables of every engine have room for, in characters. */
export const entryLengthsMax = { id: 40, kind: 20, authorId: 70, cmid: 300 } as const;

type EntryValues = { readonly [C in (typeof entryColumns)[number]]: SqlValue };

/** In the order of `entryColumns`. */
export function entryValues(entry: Entry): readonly SqlValue[] {
  const row = entryRow(entry);
  return entryColumns.map((column) => row[column]);
}

/** What SQLite would keep, another engine refuses or cuts: none of them gets it. */
export function isTooLong({ id, room, site, kind, conversation, author, cmid }: Entry): boolean {
  const { id: idMax, kind: kindMax, authorId, cmid: cmidMax } = entryLengthsMax;
  if ([id, room, site, conversation].some((one) => one.length > idMax)) return true;
  return (
    [kind, author.kind].some((one) => one.length > kindMax) ||
    author.id.length > authorId ||
    (cmid?.length ?? 0) > cmidMax
  );
}

/**
 * The same in every field: a repeat of an append that may have been committed. Half a surrogate pair cannot be stored,
 * so both sides are compared as SQL would hold them. A later owner says the same under a higher fence.
 */
export function sameEntry(entry: Entry, row: Row): boolean {
  const wanted = entryRow(entry);
  return entryColumns.every((column) => column === 'fence' || wanted[column] === row[column]);
}

export function entryOf(row: Row): Entry {
  const { kind, site, seq, text, fence } = row;
  return { ...shared(row), kind, site, seq, text, data: dataOf(row), fence } as Entry;
}

export function messageOf(row: Row): ChatMessage {
  const { id, seq, at, conversation, cmid, text } = row;
  return { id, seq, at, conversation, cmid, from: authorOf(row), text } as ChatMessage;
}

export function dataOf(row: Row): Entry['data'] {
  return typeof row.data === 'string' ? JSON.parse(row.data) : null;
}

function shared(row: Row) {
  const { id, room, pos, at, conversation, cmid } = row;
  return { id, room, pos, at, conversation, cmid, author: authorOf(row) };
}

function authorOf(row: Row): Author {
  return { kind: row.author_kind, id: row.author_id, name: row.author_name } as Author;
}

function entryRow(entry: Entry): EntryValues {
  const { author } = entry;
  return {
    id: entry.id,
    room: entry.room,
    site: entry.site,
    pos: entry.pos,
    seq: entry.seq,
    kind: entry.kind,
    at: entry.at,
    conversation: entry.conversation,
    author_kind: author.kind,
    author_id: author.id,
    author_name: author.name.toWellFormed(),
    cmid: entry.cmid,
    text: entry.text?.toWellFormed() ?? null,
    data: entry.data === null ? null : JSON.stringify(entry.data),
    fence: entry.fence,
  };
}
