// Owns what happens when somebody speaks in a room: first whether he said it before, then a wish to be written.
// It never gives a number and never answers a new line itself: room-writing does, after the commit.

import type { Context, From, Request } from '../runtime/mod.ts';
import type { Group } from './append-pipeline.ts';
import { newMessageId } from './ids.ts';
import { repeatsOperator, repeatsVisitor, type Spoken, stanzaCmid } from './repeats.ts';
import type { RoomProtocol, Said } from './room-protocol.ts';
import { type Pending, type RoomState, siteRefusal } from './room-state.ts';
import { join, otherText, write } from './room-writing.ts';

export function say(state: RoomState, request: Request<RoomProtocol, 'say'>, from: From<Said>, context: Context): void {
  const { site, cmid, text, card, level, page } = request;
  state.level = level;
  state.page = page;
  const isRepeat = (spoken: Spoken) => repeatsVisitor(spoken, state.session, cmid);
  const before = saidBefore(state, isRepeat);
  if (before === null) write(state, { type: 'say', site, cmid, text, card, ...dated(context) }, from, context);
  else if (before.text !== text) context.refuse(from, otherText);
  else answerAgain(before, from, context);
}

/** An operator's repeat is known by its stanza alone: what it says is what it said. */
export function answer(
  state: RoomState,
  request: Request<RoomProtocol, 'answer'>,
  from: From<Said>,
  context: Context,
): void {
  const { operator, name, sites, key, text, streams } = request;
  const refused = siteRefusal(state, sites);
  if (refused !== null) {
    context.refuse(from, refused);
    return;
  }
  const before = saidBefore(state, (spoken) => repeatsOperator(spoken, { operator, key, text, streams }));
  const wish = { type: 'answer', operator, name, cmid: stanzaCmid(key), text, ...dated(context) } as const;
  if (before === null) write(state, wish, from, context);
  else answerAgain(before, from, context);
}

type Before = { readonly text: string } & ({ readonly said: Said } | { readonly group: Group<Pending> });

/** Among what is under way, then among what the room remembers. */
function saidBefore(state: RoomState, isRepeat: (spoken: Spoken) => boolean): Before | null {
  for (const group of state.pipeline.groups) {
    const spoken = spokenOf(group, state);
    if (spoken !== null && isRepeat(spoken)) return { text: spoken.text, group };
  }
  const before = state.remembered.findLast(isRepeat);
  if (before === undefined) return null;
  const { id, seq, at, text } = before;
  return { text, said: { id, seq, at } };
}

function answerAgain(before: Before, from: From<Said>, context: Context): void {
  if ('said' in before) context.reply(from, before.said);
  else join(before.group, from, context);
}

function spokenOf({ wish: { wish } }: Group<Pending>, state: RoomState): Spoken | null {
  if (wish.type === 'say') return { author: state.session, cmid: wish.cmid, text: wish.text, at: wish.at };
  if (wish.type === 'answer') return { author: wish.operator, cmid: wish.cmid, text: wish.text, at: wish.at };
  return null;
}

function dated(context: Context) {
  return { id: newMessageId(context.now(), context.randomBytes(10)), at: context.now() };
}
