// Owns `session.open`: a new visitor gets a token and nothing else; one with a token is shown his conversation.
// It is the only method that looks at where a page comes from, and the only one without a verified visitor.

import { type SiteId, type SiteView, siteId } from '../actors/mod.ts';
import type { Caller } from './caller.ts';
import { type Methods, pollHoldMsMax } from './contract.ts';
import { cursorText } from './cursor.ts';
import { failed, type Outcome, success } from './fault.ts';
import { pageOf } from './page.ts';
import type { ParamsOf } from './params.ts';
import type { Services } from './services.ts';
import type { Visitor } from './token.ts';
import { conversationOf, siteOf } from './view.ts';

type OpenParams = ParamsOf<'session.open'>;
type Opened = Methods['session.open']['result'];

export async function open(services: Services, params: OpenParams, caller: Caller): Promise<Outcome<Opened>> {
  const site = siteId(params.site);
  if (site === null) return failed('unknownSite');
  const visitor = visitorOf(services, params.visitor, site);
  const waitMs =
    visitor === null
      ? services.throttle.open(caller.address(), site)
      : services.throttle.visitor(visitor.session, 'rpcs');
  if (waitMs > 0) return failed('throttled', undefined, { retryAfterMs: waitMs });
  const found = await services.sites.find(site);
  if (!found.ok) return found;
  if (!allows(found.value, caller.origin)) return failed('unauthorized', 'this origin is not allowed', { status: 403 });
  if (params.visitor === undefined) return success(newcomer(services, found.value));
  if (visitor === null) return failed('unauthorized', 'the visitor token is not valid', { field: 'visitor' });
  return returning(services, { ...visitor, token: params.visitor }, found.value, params);
}

/** Nothing but the token: the session's actor and outbox begin with its first use. */
function newcomer({ tokens, fresh }: Services, site: SiteView): Opened {
  const { token, session } = tokens.mint(site.id);
  fresh.add(session);
  const cursor = cursorText({ type: 'fresh', online: site.online });
  return { visitor: token, session, cursor, holdMs: pollHoldMsMax, site: siteOf(site), conversation: null };
}

async function returning(
  { visits }: Services,
  visitor: Visitor & { readonly token: string },
  site: SiteView,
  params: OpenParams,
): Promise<Outcome<Opened>> {
  const { token, session } = visitor;
  const page = params.page === undefined ? null : pageOf(params.page, site.keepQueryStrings);
  const outbox = visits.begin({ session, site: site.id });
  visits.see(outbox, { page, hidden: params.page?.hidden ?? false });
  const shown = await visits.show(outbox, {
    site,
    ...(page === null ? {} : { page }),
    ...(params.locale === undefined ? {} : { locale: params.locale }),
  });
  if (!shown.ok) return shown;
  const { conversation, place } = shown.value;
  return success({
    visitor: token,
    session,
    cursor: cursorText({ type: 'place', ...place }),
    holdMs: pollHoldMsMax,
    site: siteOf(site),
    conversation: conversation === null ? null : conversationOf(conversation),
  });
}

function visitorOf({ tokens }: Services, token: string | undefined, site: SiteId): Visitor | null {
  const visitor = token === undefined ? null : tokens.verify(token);
  return visitor?.site === site ? visitor : null;
}

/** An empty list allows every page; without an Origin header it is no page at all. */
function allows(site: SiteView, origin: string | null): boolean {
  if (origin === null || site.origins.length === 0) return true;
  const wanted = normal(origin);
  return site.origins.some((allowed) => normal(allowed) === wanted);
}

function normal(origin: string): string {
  return origin.toLowerCase().replace(/\/$/, '');
}
