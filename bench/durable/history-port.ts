// Owns a node of the chat's durable writer and one store behind it, and sends lines of many rooms to it, in order.
// It is the real writer on real threads; rooms, sessions and edges are left out, because they are the same with any store.

import {
  chatBehaviours,
  chatChildren,
  type Entry,
  history,
  newConversationId,
  newMessageId,
  roomId,
  siteId,
} from '../../actors/mod.ts';
import { type ActorNode, type ChildSpec, startNode } from '../../runtime/mod.ts';
import { storeBehaviours } from '../../stores/mod.ts';
import { forgetfulStore } from './forgetful-store.ts';

/** So many people talk at once: each room's lines are one order, and rooms are stored beside each other. */
const roomsMax = 500;
const text = 'Is the blue one still in stock, and would it be here by Friday?';

export class HistoryPort {
  readonly #node: ActorNode;
  readonly #positions = new Uint32Array(roomsMax);
  #next = 0;

  private constructor(node: ActorNode) {
    this.#node = node;
  }

  /** `children`: a store, and what it needs. */
  static async start(children: readonly ChildSpec[]): Promise<HistoryPort> {
    const gates = new Set(children.flatMap(({ placement }) => (placement?.on === 'gate' ? [placement.gate] : [])));
    const writer = chatChildren.filter(({ id }) => id === 'history');
    const node = await startNode({
      node: 'durable',
      threadEntry: import.meta.resolve('./thread.ts'),
      behaviours: [...chatBehaviours, ...storeBehaviours, forgetfulStore],
      schedulers: 1,
      gates: [...gates].map((name) => ({ name })),
      families: [],
      tree: { strategy: 'oneForOne', intensity: 20, periodMs: 10_000, children: [...children, ...writer] },
    });
    return new HistoryPort(node);
  }

  /** Resolves when one more line is kept; rejects when it is not. */
  async say(): Promise<void> {
    const number = this.#next++ % roomsMax;
    const pos = (this.#positions[number] ?? 0) + 1;
    this.#positions[number] = pos;
    const result = await this.#node.call(history, 'append', { entries: [line(number, pos)] });
    if (result.ok && result.value.type === 'stored') return;
    throw new Error(`a line was not kept: ${result.ok ? result.value.type : result.error.message}`);
  }

  stop(): Promise<void> {
    return this.#node.stop();
  }
}

function line(number: number, pos: number): Entry {
  const [room, site] = [roomId(`r${number.toString(36).padStart(6, '0')}`), siteId('demo')];
  if (room === null || site === null) throw new Error('the names of a benchmark are valid');
  const now = Date.now();
  const random = crypto.getRandomValues(new Uint8Array(10));
  return {
    id: newMessageId(now, random),
    room,
    site,
    pos,
    seq: pos,
    kind: 'said',
    at: now,
    conversation: newConversationId(0, new Uint8Array(10)),
    author: { kind: 'visitor', id: `s${room.slice(1)}`, name: 'Visitor' },
    cmid: `c${pos}`,
    text,
    data: null,
    fence: 1,
  };
}

export function lineBytes(): Buffer {
  return Buffer.from(JSON.stringify(line(0, 1)));
}
