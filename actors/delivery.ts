// Owns how far each of an operator's streams was told each room, and how far he has confirmed: what is due to whom.
// It is pure. A room's messages are numbered without gaps, so a place proves itself: a stream is told the next number
// and nothing else, and who has missed something asks the room from his place on.
//
//   room r   1  2  3  4  5  6
//   confirmed   ^                 a new stream begins here
//   stream A             ^        was told up to 5: 6 is next
//   stream B       ^              was told up to 3: 6 must wait until 4 and 5 came

import type { ChatMessage } from './chat.ts';
import type { OperatorName, RoomId } from './ids.ts';

export interface Due {
  readonly stream: string;
  readonly message: ChatMessage;
  /** Some stream was told this before. */
  readonly again: boolean;
}

export class Delivery {
  readonly #operator: OperatorName;
  readonly #confirmed = new Map<RoomId, number>();
  /** The highest seq that any stream was told. */
  readonly #told = new Map<RoomId, number>();
  readonly #streams = new Map<string, Map<RoomId, number>>();

  constructor(operator: OperatorName) {
    this.#operator = operator;
  }

  get streams(): number {
    return this.#streams.size;
  }

  /** Streams that take messages now. True when one of them is new. */
  setStreams(names: readonly string[]): boolean {
    for (const name of this.#streams.keys()) if (!names.includes(name)) this.#streams.delete(name);
    const added = names.filter((name) => !this.#streams.has(name));
    for (const name of added) this.#streams.set(name, new Map());
    return added.length > 0;
  }

  /** Null until the durable mark was read: before that nobody knows where to begin. */
  confirmed(room: RoomId): number | null {
    return this.#confirmed.get(room) ?? null;
  }

  /** True when it goes beyond what was confirmed before. */
  confirm(room: RoomId, seq: number): boolean {
    const before = this.#confirmed.get(room);
    if (before !== undefined && before >= seq) return false;
    this.#confirmed.set(room, seq);
    return true;
  }

  /** From where a stream that was told least must be told: the `afterSeq` to ask the room for. */
  lowest(room: RoomId): number {
    const places = [...this.#streams.values()].map((stream) => this.#place(stream, room));
    return places.length === 0 ? (this.confirmed(room) ?? 0) : Math.min(...places);
  }

  /** Takes in messages, ascending without gaps, and says who is to be told which of them. */
  take(room: RoomId, messages: readonly ChatMessage[], isForHim: (message: ChatMessage) => boolean): readonly Due[] {
    if (this.confirmed(room) === null) return [];
    const due: Due[] = [];
    const toldBefore = this.#told.get(room) ?? 0;
    for (const [name, stream] of this.#streams) {
      for (const message of messages) {
        if (message.seq !== this.#place(stream, room) + 1) continue;
        stream.set(room, message.seq);
        const own = message.from.kind === 'operator' && message.from.id === this.#operator;
        if (!own && isForHim(message)) due.push({ stream: name, message, again: message.seq <= toldBefore });
      }
    }
    const last = due.at(-1)?.message.seq ?? 0;
    this.#told.set(room, Math.max(toldBefore, last));
    return due;
  }

  /** What comes after this seq is not what was told under those numbers. */
  goBack(room: RoomId, seq: number): void {
    const confirmed = this.#confirmed.get(room);
    if (confirmed !== undefined) this.#confirmed.set(room, Math.min(confirmed, seq));
    for (const stream of this.#streams.values()) {
      const place = stream.get(room);
      if (place !== undefined) stream.set(room, Math.min(place, seq));
    }
  }

  forget(room: RoomId): void {
    this.#confirmed.delete(room);
    this.#told.delete(room);
    for (const stream of this.#streams.values()) stream.delete(room);
  }

  #place(stream: ReadonlyMap<RoomId, number>, room: RoomId): number {
    return stream.get(room) ?? this.confirmed(room) ?? 0;
  }
}

/** Lines of the conversation that goes on, and older ones that nobody answered. */
export function unanswered(messages: readonly ChatMessage[], conversation: string): (message: ChatMessage) => boolean {
  const answered = messages.findLast((message) => message.from.kind === 'operator')?.seq ?? 0;
  return (message) => message.conversation === conversation || message.seq > answered;
}
