// Owns the delivery marks that wait to be written: only the last of each operator and room, never going back.
// It is pure: history writes them every few seconds in one statement.

import type { OperatorName, RoomId } from './ids.ts';
import { marksPerFlushMax } from './limits.ts';

export interface Mark {
  readonly operator: OperatorName;
  readonly room: RoomId;
  readonly seq: number;
}

export class Marks {
  readonly #waiting = new Map<string, Mark>();

  get size(): number {
    return this.#waiting.size;
  }

  /** True when it is the first that waits. */
  add(mark: Mark): boolean {
    const key = keyOf(mark.operator, mark.room);
    if (mark.seq > (this.#waiting.get(key)?.seq ?? 0)) this.#waiting.set(key, mark);
    return this.#waiting.size === 1;
  }

  waiting(operator: OperatorName, room: RoomId): number {
    return this.#waiting.get(keyOf(operator, room))?.seq ?? 0;
  }

  /** What goes into one statement, oldest first. */
  take(): readonly Mark[] {
    const taken = [...this.#waiting].slice(0, marksPerFlushMax);
    for (const [key] of taken) this.#waiting.delete(key);
    return taken.map(([, mark]) => mark);
  }
}

function keyOf(operator: OperatorName, room: RoomId): string {
  return `${operator} ${room}`;
}
