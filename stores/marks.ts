// Owns the delivery marks: how far the client of each operator has confirmed each room.
// It never takes a mark back: a late write of an old value changes nothing.

import type { OperatorName, RoomId } from '../actors/mod.ts';
import type { Connection } from './connection.ts';

export interface Mark {
  readonly operator: OperatorName;
  readonly room: RoomId;
  readonly seq: number;
}

/** SQLite takes 32,766 values in a statement; this keeps one far below it. */
export const marksPerStatementMax = 500;

export function saveMarks(connection: Connection, marks: readonly Mark[]): void {
  if (marks.length === 0) return;
  const latest = [...highest(marks).values()];
  connection.transaction(() => {
    for (let start = 0; start < latest.length; start += marksPerStatementMax) {
      upsert(connection, latest.slice(start, start + marksPerStatementMax));
    }
  });
}

export function marks(connection: Connection, operator: OperatorName, rooms: readonly RoomId[]) {
  const found: { readonly room: RoomId; readonly seq: number }[] = [];
  for (let start = 0; start < rooms.length; start += marksPerStatementMax) {
    const some = rooms.slice(start, start + marksPerStatementMax);
    const places = some.map(() => '?').join(', ');
    const sql = `SELECT room, seq FROM marks WHERE operator = ? AND room IN (${places})`;
    const rows = connection.all(sql, [operator, ...some]);
    found.push(...rows.map((row) => ({ room: row.room as RoomId, seq: Number(row.seq) })));
  }
  return found;
}

function highest(marks: readonly Mark[]): ReadonlyMap<string, Mark> {
  const byPair = new Map<string, Mark>();
  for (const mark of marks) {
    const pair = `${mark.operator} ${mark.room}`;
    if (mark.seq > (byPair.get(pair)?.seq ?? -1)) byPair.set(pair, mark);
  }
  return byPair;
}

function upsert(connection: Connection, marks: readonly Mark[]): void {
  const rows = marks.map(() => '(?, ?, ?)').join(', ');
  connection.run(
    `INSERT INTO marks (operator, room, seq) VALUES ${rows}
     ON CONFLICT (operator, room) DO UPDATE SET seq = excluded.seq WHERE excluded.seq > marks.seq`,
    marks.flatMap(({ operator, room, seq }) => [operator, room, seq]),
  );
}
