// Owns the texts of an append on MySQL and MariaDB, and which of them says a batch of groups, one for each room.
// It runs nothing. Each text is prepared once for each connection, and its commit is its own: one round trip, one fsync.
//
//   looking     [[row], [row] ...] as one JSON value: the server looks at the end of each room before it inserts.
//               One text, however many rows.
//   following   plain rows, where this connection wrote what stands before each group: what a look would find is known,
//               and whether somebody has written behind it the key of (room, pos) tells. A text for each number of rows.
//
// Measured: of what an append costs a server beside its fsync the look is a half, for it reads the table that it writes.
//
// There are two texts that look. The server lays the rows out in a table of its own first, and where a column may be
// longer than a VARCHAR, MariaDB makes files for it, each time: that took longer than the rest of the append. So rows
// whose texts are short, which is nearly all that people say, go with the text that keeps them in memory.

import type { Entry } from '../../actors/mod.ts';
import { entryColumns, entryLengthsMax, entryValues } from '../sql/entry-row.ts';
import type { Statement } from '../sql/query.ts';
import type { KnownEnds } from './known-ends.ts';

type Groups = readonly (readonly Entry[])[];

/** What one connection has: where it wrote last, and for how many rows its `following` texts are prepared. */
export interface Known {
  readonly ends: KnownEnds;
  readonly rowsMax: number;
}

/** Rows of the largest `following` text. */
export const followingRowsMax = 16;
/** Characters of a text that stays in memory; each row there takes the room of the longest that it might have. */
const shortCharsMax = 1_000;
/** More rows than this would leave memory again, and half way. */
const shortRowsMax = 256;
const longType = 'MEDIUMTEXT';

/** A value that does not fit is an error; without these words MySQL makes it NULL. */
const strictly = 'ERROR ON ERROR';

/** At the end of a statement that changes something: its reply bears the number that the connection puts there. */
const numberedWhere = ' AND LAST_INSERT_ID(?) > 0';
/** The same where no row is asked for anything: added to its last value, as nothing. */
const numberedValue = ' + 0 * LAST_INSERT_ID(?))';

const { id: idMax, kind: kindMax, authorId, cmid } = entryLengthsMax;
const types: { readonly [C in (typeof entryColumns)[number]]: string } = {
  id: `VARCHAR(${idMax})`,
  room: `VARCHAR(${idMax})`,
  site: `VARCHAR(${idMax})`,
  // Wider than the table's: what does not fit is cut down here without a word, and refused there.
  pos: 'BIGINT',
  seq: 'BIGINT',
  kind: `VARCHAR(${kindMax})`,
  at: 'BIGINT',
  conversation: `VARCHAR(${idMax})`,
  author_kind: `VARCHAR(${kindMax})`,
  author_id: `VARCHAR(${authorId})`,
  author_name: longType,
  cmid: `VARCHAR(${cmid})`,
  text: longType,
  data: longType,
  fence: 'BIGINT',
};

const columns = entryColumns.join(', ');

/** By their number of rows. Made once: an append would otherwise write its text anew each time. */
export const followingTexts: readonly string[] = Array.from({ length: followingRowsMax }, (_, index) =>
  following(index + 1),
);

export function isNumbered(sql: string): boolean {
  return sql.endsWith(numberedWhere) || sql.endsWith(numberedValue);
}

export interface LookingTexts {
  readonly short: string;
  readonly long: string;
}

export function lookingTexts(collation: string): LookingTexts {
  return { short: looking(collation, `VARCHAR(${shortCharsMax})`), long: looking(collation, longType) };
}

export function insertion(groups: Groups, { short, long }: LookingTexts, known: Known | null): Statement {
  const rowCount = groups.reduce((sum, group) => sum + group.length, 0);
  const committed = (changed: number) => {
    if (changed === rowCount) known?.ends.wrote(groups);
  };
  const plain = known !== null && rowCount <= known.rowsMax && known.ends.precede(groups);
  const text = plain ? followingTexts[rowCount - 1] : undefined;
  if (text !== undefined) return { sql: text, values: groups.flat().flatMap(entryValues), committed };
  const rows = groups.flatMap(rowsOf);
  return { sql: areShort(rows) ? short : long, values: [JSON.stringify(rows)], committed };
}

/** The values of each row, and the pos behind which its group is to stand. */
function rowsOf(group: readonly Entry[]): readonly (readonly unknown[])[] {
  const before = (group[0]?.pos ?? 0) - 1;
  return group.map((entry) => [...entryValues(entry), before]);
}

/** Units of a string are never fewer than its characters. */
function areShort(rows: readonly (readonly unknown[])[]): boolean {
  const isShort = (value: unknown) => typeof value !== 'string' || value.length <= shortCharsMax;
  return rows.length <= shortRowsMax && rows.every((row) => row.every(isShort));
}

function following(rowCount: number): string {
  const places = entryColumns.map(() => '?').join(', ');
  const rows = Array.from({ length: rowCount }, () => `(${places}`).join('), ');
  return `INSERT INTO entries (${columns}) VALUES ${rows}${numberedValue}`;
}

function looking(collation: string, text: string): string {
  const typeOf = (column: keyof typeof types) => (types[column] === longType ? text : types[column]);
  const shapes = entryColumns.map((column, index) => `${column} ${typeOf(column)} PATH '$[${index}]' ${strictly}`);
  const before = `behind BIGINT PATH '$[${entryColumns.length}]' ${strictly}`;
  // The last pos of the room if an owner with this fence may write behind it, else one that nothing follows.
  const openEnd = `(SELECT CASE WHEN last.fence <= g.fence THEN last.pos ELSE -1 END FROM entries AS last
    WHERE last.room = g.room COLLATE ${collation} ORDER BY last.pos DESC LIMIT 1)`;
  return `INSERT INTO entries (${columns}) SELECT ${entryColumns.map((column) => `g.${column}`).join(', ')}
    FROM JSON_TABLE(?, '$[*]' COLUMNS (${[...shapes, before].join(', ')})) AS g
    WHERE COALESCE(${openEnd}, 0) = g.behind${numberedWhere}`;
}
