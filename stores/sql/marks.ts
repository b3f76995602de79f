// Owns the delivery marks: how far the client of each operator has confirmed each room.
// It never takes a mark back: a late write of an old value changes nothing.

import type { OperatorName, RoomId } from '../../actors/mod.ts';
import type { Dialect } from './dialect.ts';
import { change, type Query, rows, transaction } from './query.ts';

export interface Mark {
  readonly operator: OperatorName;
  readonly room: RoomId;
  readonly seq: number;
}

/** SQLite takes 32,766 values in a statement; this keeps one far below it. */
export const marksPerStatementMax = 500;

export function* saveMarks(dialect: Dialect, marks: readonly Mark[]): Query<void> {
  const latest = highest(marks);
  if (latest.length <= marksPerStatementMax) return yield* raise(dialect, latest);
  yield* transaction(function* () {
    for (let start = 0; start < latest.length; start += marksPerStatementMax) {
      yield* raise(dialect, latest.slice(start, start + marksPerStatementMax));
    }
  });
}

export function* marks(
  operator: OperatorName,
  rooms: readonly RoomId[],
): Query<readonly { readonly room: RoomId; readonly seq: number }[]> {
  const found: { readonly room: RoomId; readonly seq: number }[] = [];
  for (let start = 0; start < rooms.length; start += marksPerStatementMax) {
    const some = rooms.slice(start, start + marksPerStatementMax);
    const places = some.map(() => '?').join(', ');
    const sql = `SELECT room, seq FROM marks WHERE operator = ? AND room IN (${places})`;
    const read = yield* rows(sql, [operator, ...some]);
    found.push(...read.map((row) => ({ room: row.room as RoomId, seq: Number(row.seq) })));
  }
  return found;
}

/** In the order of their key, so that two nodes never wait for each other's rows. */
function highest(marks: readonly Mark[]): readonly Mark[] {
  const byPair = new Map<string, Mark>();
  for (const mark of marks) {
    const pair = `${mark.operator} ${mark.room}`;
    if (mark.seq > (byPair.get(pair)?.seq ?? -1)) byPair.set(pair, mark);
  }
  return [...byPair].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, mark]) => mark);
}

function* raise(dialect: Dialect, marks: readonly Mark[]): Query<void> {
  if (marks.length === 0) return;
  const places = marks.map(() => '(?, ?, ?)').join(', ');
  yield* change(
    `INSERT INTO marks (operator, room, seq) VALUES ${places} ${dialect.raiseOnKey('operator, room', 'seq')}`,
    marks.flatMap(({ operator, room, seq }) => [operator, room, seq]),
  );
}
