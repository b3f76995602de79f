// Owns what each method of a verified visitor does: one function each, in a table that the contract types.
// It changes nothing by itself: everything that changes something is a message to the visitor's session.

import { type SessionProtocol, sessionAt } from '../actors/mod.ts';
import type { CallName, Request } from '../runtime/mod.ts';
import type { Caller } from './caller.ts';
import type { MethodName, Methods } from './contract.ts';
import { faultOf, type Outcome, success } from './fault.ts';
import { unverifiedCard, verifiedCard } from './identity.ts';
import { callDeadlineMs, historyMessagesDefault, sendDeadlineMs } from './limits.ts';
import { pageOf } from './page.ts';
import type { ParamsOf } from './params.ts';
import { poll } from './poll.ts';
import type { Services } from './services.ts';
import type { Visitor } from './token.ts';
import { isoTime, messageOf } from './view.ts';

/** Every method but `session.open`, which is how one becomes a visitor. */
export type VisitorMethod = Exclude<MethodName, 'session.open'>;

type Result<N extends MethodName> = Promise<Outcome<Methods[N]['result']>>;

export type VisitorHandlers = {
  readonly [N in VisitorMethod]: (
    services: Services,
    visitor: Visitor,
    params: ParamsOf<N>,
    caller: Caller,
  ) => Result<N>;
};

export const visitorHandlers: VisitorHandlers = {
  'session.poll': poll,
  'session.page': turnPage,
  'session.typing': typing,
  'session.identify': identify,
  'session.leave': leave,
  'message.send': send,
  'message.read': async (services, visitor, { seq }) =>
    done(await ask(services, visitor, 'read', { site: visitor.site, seq })),
  'message.history': history,
  'conversation.close': async (services, visitor) =>
    done(await ask(services, visitor, 'close', { site: visitor.site })),
  'conversation.rate': rate,
};

async function turnPage(
  { visits, sites }: Services,
  visitor: Visitor,
  params: ParamsOf<'session.page'>,
): Result<'session.page'> {
  const outbox = visits.begin(visitor);
  const page = pageOf(params.page, sites.peek(visitor.site)?.keepQueryStrings ?? false);
  outbox.presence.hidden = params.page.hidden === true;
  visits.turn(outbox, page);
  return success({});
}

async function typing(
  { visits, node }: Services,
  visitor: Visitor,
  { on }: ParamsOf<'session.typing'>,
): Result<'session.typing'> {
  visits.act(visitor);
  node.cast(sessionAt(visitor.session), 'typing', { site: visitor.site, on });
  return success({});
}

async function identify(
  services: Services,
  visitor: Visitor,
  params: ParamsOf<'session.identify'>,
): Result<'session.identify'> {
  const { site } = visitor;
  const card = await cardOf(services, visitor, params);
  if (!card.ok) return card;
  return ask(services, visitor, 'identify', { site, card: card.value });
}

async function cardOf({ sites, clock }: Services, { site }: Visitor, params: ParamsOf<'session.identify'>) {
  if (params.token === undefined) return unverifiedCard(params);
  const found = await sites.find(site);
  return found.ok ? verifiedCard(params.token, found.value, clock.wall()) : found;
}

/** The page is going away. Its visitor is gone in 10 s unless another page polls or opens. */
async function leave({ outboxes, clock }: Services, { session }: Visitor): Result<'session.leave'> {
  const outbox = outboxes.find(session);
  if (outbox !== null) outbox.presence.leftAt = clock.monotonic();
  return success({});
}

async function send(
  services: Services,
  visitor: Visitor,
  { cmid, text }: ParamsOf<'message.send'>,
): Result<'message.send'> {
  const said = await ask(services, visitor, 'send', { site: visitor.site, cmid, text });
  if (!said.ok) return said;
  const { id, seq, at } = said.value;
  return success({ id, seq, at: isoTime(at) });
}

async function history(
  services: Services,
  visitor: Visitor,
  params: ParamsOf<'message.history'>,
): Result<'message.history'> {
  const { before = null, limit = historyMessagesDefault } = params;
  const page = await ask(services, visitor, 'history', { site: visitor.site, before, limit });
  if (!page.ok) return page;
  return success({ messages: page.value.messages.map(messageOf), more: page.value.more });
}

async function rate(
  services: Services,
  visitor: Visitor,
  params: ParamsOf<'conversation.rate'>,
): Result<'conversation.rate'> {
  const comment = params.comment === undefined || params.comment === '' ? null : params.comment;
  return done(await ask(services, visitor, 'rate', { site: visitor.site, score: params.score, comment }));
}

type SessionAnswer<N extends CallName<SessionProtocol>> = SessionProtocol['calls'][N]['answer'];

async function ask<N extends CallName<SessionProtocol>>(
  services: Services,
  visitor: Visitor,
  name: N,
  request: Request<SessionProtocol, N>,
): Promise<Outcome<SessionAnswer<N>>> {
  services.visits.act(visitor);
  // From here on a store may know this visitor: he is no longer fresh, whatever becomes of the request.
  if (name === 'send' || name === 'identify') services.fresh.forget(visitor.session);
  const deadlineMs = name === 'send' ? sendDeadlineMs : callDeadlineMs;
  const answer = await services.node.call(sessionAt(visitor.session), name, request, { deadlineMs });
  return answer.ok ? success(answer.value) : { ok: false, fault: faultOf(answer.error) };
}

function done(outcome: Outcome<unknown>): Outcome<Record<string, never>> {
  return outcome.ok ? success({}) : outcome;
}
