// Owns what a room shows on being asked: the conversation, what a follower lacks, older pages.
// The last 75 are answered from memory, anything older by the store; nothing here is ever changed.

import type { Context, From, Request, Result } from '../runtime/mod.ts';
import { type ChatMessage, type ConversationView, roomMessagesMax, type VisitorCard } from './chat.ts';
import { refusal } from './errors.ts';
import { history } from './history-protocol.ts';
import type { OperatorName, SiteId } from './ids.ts';
import { followersMax, followLeaseMs, historyPageMax, storeReadDeadlineMs } from './limits.ts';
import { pageSpan, within } from './past-blocks.ts';
import { copySoon } from './room-copy.ts';
import { readPast } from './room-past.ts';
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
  lease(state, operator, context);
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
  const { messages, head } = state.timeline;
  const span = pageSpan(before, Math.min(wanted, historyPageMax), head.seq);
  if (span === null) {
    context.reply(from, { messages: [], more: false });
    return;
  }
  const more = span.first > 1;
  const held = within(messages, span);
  const firstHeld = messages[0]?.seq ?? head.seq + 1;
  if (span.first >= firstHeld) {
    context.reply(from, { messages: held, more });
    return;
  }
  const past = { first: span.first, last: Math.min(span.last, firstHeld - 1) };
  readPast(state.room, past, context, (older) => {
    if (older.ok) context.reply(from, { messages: [...older.value, ...held], more });
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

function lease(state: RoomState, operator: OperatorName, context: Context): void {
  if (!state.followers.has(operator)) copySoon(state, context);
  const [oldest] = state.followers.keys();
  if (state.followers.size >= followersMax && !state.followers.has(operator) && oldest !== undefined) {
    state.followers.delete(oldest);
  }
  state.followers.set(operator, context.monotonic() + followLeaseMs);
}
