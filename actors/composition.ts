// Owns how a wish becomes entries of a room's log: what opens, assigns and closes a conversation together with a line.
// It is pure: it is asked again with the same wish when an earlier one was not stored, and then may answer otherwise.

import type { Failure } from '../runtime/mod.ts';
import { cardData, mergedCard, sameCard, visitorName } from './card.ts';
import type { Author, Entry, VisitorCard } from './chat.ts';
import { refusal } from './errors.ts';
import { type ConversationId, type MessageId, type OperatorName, type RoomId, type SiteId, sessionOf } from './ids.ts';
import { silenceMsMax, unansweredMsMax } from './limits.ts';
import { firstAnswer } from './routing.ts';
import { advance, type Conversation, type Head, isOpen } from './timeline.ts';

interface Dated {
  /** The id of its own entry; a message keeps it through every repeat. */
  readonly id: MessageId;
  readonly at: number;
}

export type Wish = Dated &
  (
    | {
        readonly type: 'say';
        readonly site: SiteId;
        readonly cmid: string;
        readonly text: string;
        readonly card: VisitorCard | null;
      }
    | {
        readonly type: 'answer';
        readonly operator: OperatorName;
        readonly name: string;
        readonly cmid: string | null;
        readonly text: string;
      }
    | { readonly type: 'identify'; readonly card: VisitorCard }
    | { readonly type: 'close'; readonly by: { readonly id: OperatorName; readonly name: string } | null }
    /** Silence closes. */
    | { readonly type: 'expire' }
    | { readonly type: 'rate'; readonly score: number; readonly comment: string | null }
  );

export interface Names {
  message(): MessageId;
  conversation(): ConversationId;
}

/** The room as its owner writes it. */
export interface Writer {
  readonly room: RoomId;
  readonly names: Names;
  readonly fence: number;
}

/** No entries: it is so already, and nothing has to be written. */
export type Composition = { readonly entries: readonly Entry[] } | { readonly refusal: Failure };

export const system: Author = { kind: 'system', id: 'system', name: 'Parla' };

type Part = Pick<Entry, 'kind' | 'author'> & Partial<Pick<Entry, 'cmid' | 'text' | 'data'>> & { readonly id?: string };

/** Entries in the making: each stands on the one before. */
class Draft {
  readonly entries: Entry[] = [];
  head: Head;
  readonly #site: SiteId;
  readonly #of: Writer;
  readonly #at: number;

  constructor(head: Head, of: Writer, { site, at }: { readonly site: SiteId; readonly at: number }) {
    this.head = head;
    this.#of = of;
    this.#site = site;
    this.#at = at;
  }

  add(part: Part): void {
    const opens = part.kind === 'opened' || this.head.conversation === null;
    const entry: Entry = {
      id: part.id ?? this.#of.names.message(),
      room: this.#of.room,
      site: this.#site,
      pos: this.head.pos + 1,
      seq: part.kind === 'said' ? this.head.seq + 1 : null,
      kind: part.kind,
      at: Math.max(this.#at, this.head.at),
      conversation: opens ? this.#of.names.conversation() : (this.head.conversation as Conversation).id,
      author: part.author,
      cmid: part.cmid ?? null,
      text: part.text ?? null,
      data: part.data ?? null,
      fence: this.#of.fence,
    };
    this.entries.push(entry);
    this.head = advance(this.head, entry);
  }
}

export function compose(head: Head, wish: Wish, of: Writer): Composition {
  const site = wish.type === 'say' ? wish.site : head.site;
  if (site === null || (head.site !== null && head.site !== site)) return nobody;
  const draft = new Draft(head, of, { site, at: wish.at });
  const visitor: Author = { kind: 'visitor', id: sessionOf(of.room), name: visitorName(head.card, sessionOf(of.room)) };
  const refused = filled(draft, wish, visitor);
  return refused === null ? { entries: draft.entries } : { refusal: refused };
}

const nobody: Composition = { refusal: refusal('notFound', 'there is no such conversation') };

/** Null when the draft holds what was wished. */
function filled(draft: Draft, wish: Wish, visitor: Author): Failure | null {
  switch (wish.type) {
    case 'say':
      return said(draft, wish, visitor);
    case 'answer':
      return answered(draft, wish);
    case 'identify':
      return identified(draft, wish.card, visitor);
    case 'close':
      return closed(draft, wish, visitor);
    case 'expire':
      if (isSilent(draft.head, wish.at)) draft.add(closing(system));
      return null;
    case 'rate':
      if (draft.head.conversation === null) return refusal('notFound', 'there is nothing to rate');
      draft.add({ id: wish.id, kind: 'rated', author: visitor, text: wish.comment, data: { score: wish.score } });
      return null;
  }
}

function said(draft: Draft, wish: Extract<Wish, { type: 'say' }>, visitor: Author): Failure | null {
  if (isSilent(draft.head, wish.at)) draft.add(closing(system));
  const card = wish.card === null ? draft.head.card : mergedCard(draft.head.card, wish.card);
  const author = { ...visitor, name: visitorName(card ?? draft.head.card, sessionIdOf(visitor)) };
  if (!isOpen(draft.head)) draft.add({ kind: 'opened', author });
  if (card !== null && !sameCard(card, draft.head.card))
    draft.add({ kind: 'identified', author, data: cardData(card) });
  draft.add({ id: wish.id, kind: 'said', author, cmid: wish.cmid, text: wish.text });
  return null;
}

function answered(draft: Draft, wish: Extract<Wish, { type: 'answer' }>): Failure | null {
  const { operator, name, cmid, text, id } = wish;
  const { conversation } = draft.head;
  if (conversation === null) return refusal('notFound', 'this visitor never wrote');
  const turn = firstAnswer(conversation, operator);
  if (turn.type === 'taken') return refusal('taken', 'another operator answered first', { winner: turn.winner });
  const author: Author = { kind: 'operator', id: operator, name };
  if (turn.type === 'open') draft.add({ kind: 'opened', author });
  if (turn.type !== 'goOn') draft.add({ kind: 'assigned', author, data: { operator, name } });
  draft.add({ id, kind: 'said', author, cmid, text });
  return null;
}

function identified(draft: Draft, news: VisitorCard, visitor: Author): Failure | null {
  if (draft.head.conversation === null) return refusal('notFound', 'this visitor never wrote');
  const card = mergedCard(draft.head.card, news);
  if (card === null) return refusal('unauthorized', 'another verified identity is bound to this session');
  if (!sameCard(card, draft.head.card)) draft.add({ kind: 'identified', author: visitor, data: cardData(card) });
  return null;
}

function closed(draft: Draft, { by }: Extract<Wish, { type: 'close' }>, visitor: Author): Failure | null {
  const { conversation } = draft.head;
  if (conversation === null || conversation.state === 'closed') return null;
  if (by === null) {
    draft.add(closing(visitor));
    return null;
  }
  const turn = firstAnswer(conversation, by.id);
  if (turn.type === 'taken') return refusal('taken', 'another operator has this conversation', { winner: turn.winner });
  draft.add(closing({ kind: 'operator', id: by.id, name: by.name }));
  return null;
}

function closing(author: Author): Part {
  return { kind: 'closed', author, data: { by: author.kind } };
}

/** Nothing was said for a day; lines that nobody answered wait longer, as they are still for who comes. */
function isSilent({ conversation }: Head, at: number): boolean {
  if (conversation === null || conversation.state === 'closed') return false;
  return at - conversation.saidAt >= (conversation.operator === null ? unansweredMsMax : silenceMsMax);
}

function sessionIdOf(visitor: Author) {
  // Made by sessionOf in `compose`.
  return visitor.id as ReturnType<typeof sessionOf>;
}
