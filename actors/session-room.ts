// Owns how a session and its room stay level: each repeats what it knows, and the session fetches what the edge lacks.
// So no message between them has to arrive.

import type { Context, Result } from '../runtime/mod.ts';
import type { ConversationView, VisitorCard } from './chat.ts';
import { outbox } from './edge-protocol.ts';
import { refusal } from './errors.ts';
import { roomAt, roomIfAlive } from './room-protocol.ts';
import type { SessionProtocol } from './session-protocol.ts';
import type { SessionState } from './session-state.ts';

interface View {
  readonly conversation: ConversationView | null;
  readonly card: VisitorCard | null;
}

export function viewRoom(state: SessionState, context: Context, then: (result: Result<View>) => void): void {
  const { site } = state;
  if (site === null) {
    then({ ok: false, error: refusal('notFound', 'nobody said of which site this session is') });
    return;
  }
  context.ask(roomAt(state.room), 'view', { site }, {}, (result) => {
    if (result.ok) seen(state, result.value);
    then(result);
  });
}

/** From the edge: where the visitor is, and how far its log reads. */
export function onPresent(state: SessionState, message: SessionProtocol['casts']['present'], context: Context): void {
  const { site, level, page, lastSeq } = message;
  // Who never chatted leaves a copy too, so that his next visit asks no store.
  if (state.site === null || (state.copyVersion === 0 && state.chatted === false)) state.dirty = true;
  if (state.level !== level || state.page?.url !== page?.url) state.dirty = true;
  state.site = site;
  state.level = level;
  state.page = page;
  state.edgeSeq = lastSeq;
  if (state.chatted === false) return;
  if (state.chatted === null) sync(state, context);
  const room = state.open || state.told === null ? roomAt(state.room) : roomIfAlive(state.room);
  if (state.chatted) context.cast(room, 'visitor', { level, page, card: null });
}

/** From the room: how its conversation stands. A level, so what is said again is not told again. */
export function onConversation(
  state: SessionState,
  message: SessionProtocol['casts']['conversation'],
  context: Context,
): void {
  const { id, state: stands, operator, lastSeq } = message;
  const before = state.told;
  const now = toldOf(message);
  state.open = stands !== 'closed';
  if (before === null || lastSeq > state.edgeSeq) {
    sync(state, context);
    return;
  }
  state.told = now;
  if (now === before) return;
  const event = { type: 'conversation', id, state: stands, operator } as const;
  context.cast(outbox, 'event', { session: state.session, event });
}

/** The edge adds what its log lacks; repeating it shows nothing twice. */
function sync(state: SessionState, context: Context): void {
  if (state.syncing) return;
  state.syncing = true;
  viewRoom(state, context, (result) => {
    state.syncing = false;
    if (!result.ok) return;
    const { conversation } = result.value;
    context.cast(outbox, 'sync', { session: state.session, conversation });
  });
}

function seen(state: SessionState, { conversation, card }: View): void {
  // An answer that was under way while the first message was sent knows nothing of it.
  if (conversation === null) state.chatted ??= false;
  else state.chatted = true;
  if (card !== null && !state.cardWaits) state.card = card;
  state.told = conversation === null ? (state.told ?? '') : toldOf(conversation);
  state.open = conversation !== null && conversation.state !== 'closed';
  if (conversation === null) return;
  state.edgeSeq = Math.max(state.edgeSeq, conversation.lastSeq);
  state.visitorRead = Math.max(state.visitorRead, conversation.visitorRead);
  state.dirty = true;
}

function toldOf({
  id,
  state,
  operator,
}: Pick<ConversationView, 'id' | 'state'> & { readonly operator: { readonly name: string } | null }): string {
  return `${id} ${state} ${operator?.name ?? ''}`;
}
