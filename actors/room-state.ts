// Owns what a living room holds, and the plain questions about it: what it looks like to a visitor, to an operator.
// It changes nothing durable and sends nothing: room-loading, room-writing and room-telling do.

import type { Context, Failure, From } from '../runtime/mod.ts';
import { AppendPipeline } from './append-pipeline.ts';
import { visitorName } from './card.ts';
import type { Contact, Page, VisitorLevel } from './chat.ts';
import type { Wish, Writer } from './composition.ts';
import { refusal } from './errors.ts';
import { newConversationId, newMessageId, type OperatorName, type RoomId, type SessionId, type SiteId } from './ids.ts';
import { fenceOf, unasked } from './lease.ts';
import type { LeaseHolder } from './lease-keeping.ts';
import { spokenRememberedMax } from './limits.ts';
import type { Spoken } from './repeats.ts';
import { advance, emptyTimeline, type Head, type Timeline } from './timeline.ts';

/** A wish on its way to the store, and everybody who waits for its outcome. */
export interface Pending {
  readonly wish: Wish;
  /** Monotonic. */
  readonly since: number;
  waiters: readonly From[];
}

/** Somebody who came before the room was read from the stores. */
export interface Deferred {
  readonly from: From | null;
  readonly go: (context: Context) => void;
}

/** Something said, with the answer that its sender got. */
export interface Remembered extends Spoken {
  readonly id: string;
  readonly seq: number;
}

export interface RoomState extends LeaseHolder {
  readonly room: RoomId;
  readonly madeAt: number;
  loaded: 'no' | 'loading' | 'yes';
  /**
   * Above every fence that the store has of this room, and at least the lease's: what an earlier owner still sends is
   * refused from then on.
   */
  fence: number;
  deferred: Deferred[];
  /** What is committed, and nothing else: only this is shown to anybody. */
  timeline: Timeline;
  readonly pipeline: AppendPipeline<Pending>;
  repeatMs: number;
  remembered: Remembered[];
  /** Until when (monotonic) each operator follows. */
  readonly followers: Map<OperatorName, number>;
  /** Null until the session said it. */
  level: VisitorLevel | null;
  page: Page | null;
  visitorRead: number;
  operatorRead: number;
  visitorTyping: boolean;
  operatorTyping: string | null;
  copyVersion: number;
  /** The copy is to be written; the timer `copy` runs. */
  dirty: boolean;
  announcedAt: number;
  touchedAt: number;
}

/** Of a room in which nothing was stored. */
const firstFence = 1;

export function newRoomState(room: RoomId, session: SessionId, now: number): RoomState {
  return {
    room,
    session,
    holding: unasked,
    asking: false,
    madeAt: now,
    loaded: 'no',
    fence: firstFence,
    deferred: [],
    timeline: emptyTimeline,
    pipeline: new AppendPipeline(),
    repeatMs: 0,
    remembered: [],
    followers: new Map(),
    level: null,
    page: null,
    visitorRead: 0,
    operatorRead: 0,
    visitorTyping: false,
    operatorTyping: null,
    copyVersion: 0,
    dirty: false,
    announcedAt: now,
    touchedAt: now,
  };
}

/** Where the log will stand when everything under way is stored. */
export function projectedHead(state: RoomState): Head {
  return state.pipeline.groups.flatMap((group) => group.entries).reduce(advance, state.timeline.head);
}

export function remember(state: RoomState, said: Remembered): void {
  state.remembered.push(said);
  if (state.remembered.length > spokenRememberedMax) state.remembered.shift();
}

export function writerOf({ room, fence: last, holding }: RoomState, context: Context): Writer {
  const fence = Math.max(last, fenceOf(holding));
  const names = {
    message: () => newMessageId(context.now(), context.randomBytes(10)),
    conversation: () => newConversationId(context.now(), context.randomBytes(10)),
  };
  return { room, fence, names };
}

/** Operators see the rooms of their own sites; any other is as if it were not there. */
export function siteRefusal(state: RoomState, sites: readonly SiteId[]): Failure | null {
  const { site, conversation } = state.timeline.head;
  if (site !== null && conversation !== null && sites.includes(site)) return null;
  return refusal('notFound', 'there is no such visitor');
}

export function contactOf(state: RoomState, levelUnknown: boolean): Contact | null {
  const { site, conversation, card, seq } = state.timeline.head;
  if (site === null || conversation === null) return null;
  return {
    site,
    session: state.session,
    room: state.room,
    conversation: conversation.id,
    name: visitorName(card, state.session),
    verified: card?.verified ?? false,
    state: conversation.state,
    operator: conversation.operator,
    level: state.level ?? 'gone',
    page: state.page,
    ...(levelUnknown ? { levelUnknown } : {}),
    lastSeq: seq,
    lastAt: conversation.saidAt,
    closedAt: conversation.closedAt,
  };
}
