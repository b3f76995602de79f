// Owns what a room shows on being asked: the conversation, what a follower lacks, older pages.
// The last 75 are answered from memory, anything older by the store; nothing here is ever changed.

import type { Context, From, Request, Result } from '../runtime/mod.ts';
import { type ChatMessage, type ConversationView, roomMessagesMax, type VisitorCard } from './chat.ts';
import { refusal } from './errors.ts';
import { history } from './history-protocol.ts';
import type { OperatorName, SiteId } from './ids.ts';
import { followersMax, followLeaseMs, historyPageMax, storeReadDeadlineMs } from './limits.ts';
import type { RoomProtocol } from './room-protocol.ts';
import { type RoomState, siteRefusal } from './room-state.ts';
import { mayRead } from './routing.ts';
import { viewOf } from './timeline.ts';

interface Page {
  readonly messages: readonly ChatMessage[];
  readonly more: boolean;
}
interface View {
  readonly conversation: ConversationView | null;
  readonly card: VisitorCard | null;
}
interface Followed {
  readonly conversation: ConversationView | null;
  readonly messages: readonly ChatMessage[];
}

export function view(state: RoomState, site: SiteId, from: From<View>, context: Context): void {
  const { head } = state.timeline;
  if (head.site !== null && head.site !== site) context.refuse(from, refusal('notFound', 'no such conversation'));
  else context.reply(from, { conversation: viewOf(state.timeline, state), card: head.card });
}

/** The follower has everything up to `afterSeq`; he gets what comes next, and is told of news until his lease ends. */
export function follow(
  state: RoomState,
  request: Request<RoomProtocol, 'follow'>,
  from: From<Followed>,
  context: Context,
): void {
  const { operator, sites, afterSeq } = request;
  const refused = siteRefusal(state, sites);
  if (refused !== null) {
    context.refuse(from, refused);
    return;
  }
  const conversation = viewOf({ ...state.timeline, messages: [] }, state);
  if (!mayRead(state.timeline.head.conversation, operator)) {
    context.reply(from, { conversation, messages: [] });
    return;
  }
  lease(state, operator, context.monotonic());
  const { messages } = state.timeline;
  if (afterSeq + 1 >= (messages[0]?.seq ?? 0)) {
    context.reply(from, { conversation, messages: messages.filter((message) => message.seq > afterSeq) });
    return;
  }
  askPage(state, { before: null, after: afterSeq, limit: roomMessagesMax }, context, (page) => {
    if (page.ok) context.reply(from, { conversation, messages: page.value.messages });
    else context.refuse(from, unreadable);
  });
}

export function pastPage(
  state: RoomState,
  { before, limit: wanted }: Request<RoomProtocol, 'history'>,
  from: From<Page>,
  context: Context,
): void {
  const limit = Math.min(wanted, historyPageMax);
  const older = state.timeline.messages.filter((message) => before === null || message.seq < before);
  const first = state.timeline.messages[0]?.seq ?? 1;
  if (older.length > limit || first === 1) {
    context.reply(from, { messages: older.slice(-limit), more: older.length > limit });
    return;
  }
  askPage(state, { before, after: null, limit }, context, (page) => {
    if (page.ok) context.reply(from, page.value);
    else context.refuse(from, unreadable);
  });
}

const unreadable = refusal('unavailable', 'the past cannot be read now');

interface Wanted {
  readonly before: number | null;
  readonly after: number | null;
  readonly limit: number;
}

function askPage(state: RoomState, wanted: Wanted, context: Context, then: (page: Result<Page>) => void): void {
  context.ask(history, 'page', { room: state.room, ...wanted }, { deadlineMs: storeReadDeadlineMs }, then);
}

function lease(state: RoomState, operator: OperatorName, now: number): void {
  const [oldest] = state.followers.keys();
  if (state.followers.size >= followersMax && !state.followers.has(operator) && oldest !== undefined) {
    state.followers.delete(oldest);
  }
  state.followers.set(operator, now + followLeaseMs);
}
