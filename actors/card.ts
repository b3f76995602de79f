// Owns who a visitor says to be: how a new card joins the one that is known, and what people call him.
// It is pure; that a card is verified was found out by the edge that checked the token.

import type { VisitorCard } from './chat.ts';
import type { SessionId } from './ids.ts';

const fields = ['name', 'email', 'phone'] as const;
const shownLettersOfSession = 4;

/**
 * The first verified subject binds; another one is null (`unauthorized`). What is not verified never replaces what is:
 * beside a verified card it becomes an attribute that says so.
 */
export function mergedCard(known: VisitorCard | null, news: VisitorCard): VisitorCard | null {
  if (known === null) return news;
  if (known.subject !== undefined && news.subject !== undefined && known.subject !== news.subject) return null;
  if (known.verified && !news.verified) return withUnverified(known, news);
  // A verified card ends what was only claimed before.
  const base = news.verified && !known.verified ? asClaims(known) : known;
  return { ...base, ...news, ...attributesOf({ ...base.attributes, ...news.attributes }) };
}

export function sameCard(a: VisitorCard | null, b: VisitorCard | null): boolean {
  return a === b || (a !== null && b !== null && cardText(a) === cardText(b));
}

export function visitorName(card: VisitorCard | null, session: SessionId): string {
  return card?.name ?? `Visitor ${session.slice(-shownLettersOfSession)}`;
}

/** What an `identified` entry holds. */
export function cardFrom(data: { readonly [name: string]: unknown } | null): VisitorCard | null {
  // Only this folder writes such entries, and always from a card.
  return data === null ? null : (data as unknown as VisitorCard);
}

export function cardData(card: VisitorCard): { readonly [name: string]: unknown } {
  return { ...card };
}

type Attributes = NonNullable<VisitorCard['attributes']>;

function withUnverified(known: VisitorCard, news: VisitorCard): VisitorCard {
  return { ...known, ...attributesOf({ ...known.attributes, ...claims(news) }) };
}

function asClaims(known: VisitorCard): VisitorCard {
  return { verified: true, ...attributesOf({ ...known.attributes, ...claims(known) }) };
}

function claims(card: VisitorCard): Attributes {
  const named = fields.flatMap((field) =>
    card[field] === undefined ? [] : [[`unverified ${field}`, card[field]] as const],
  );
  return Object.fromEntries(named);
}

function attributesOf(attributes: Attributes): { attributes?: Attributes } {
  return Object.keys(attributes).length === 0 ? {} : { attributes };
}

function cardText(card: VisitorCard): string {
  const { attributes = {}, ...rest } = card;
  const sorted = (of: object) => Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([sorted(rest), sorted(attributes)]);
}
