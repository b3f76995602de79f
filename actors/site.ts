// Owns the actor of one site: who is on duty, which conversations are there, and whether the site is online.
// It holds no message and writes nothing; what it knows it was told as levels, or reads from the history when it begins.

import { type Context, defineBehaviour, InitFailed, refuse, reply, stop } from '../runtime/mod.ts';
import { accounts } from './accounts-protocol.ts';
import type { Contact } from './chat.ts';
import { outbox } from './edge-protocol.ts';
import { refusal } from './errors.ts';
import { history } from './history-protocol.ts';
import { type OperatorName, type SessionId, siteId } from './ids.ts';
import {
  contactAfterCloseMs,
  contactsPerSiteMax,
  contactsSweepMs,
  levelGraceMs,
  levelLeaseMs,
  levelRepeatMs,
  silenceMsMax,
  silenceSweepMs,
  storeReadDeadlineMs,
  unansweredMsMax,
} from './limits.ts';
import { withLevelOf } from './newest-contact.ts';
import { operatorIfAlive } from './operator-protocol.ts';
import { roomAt } from './room-protocol.ts';
import type { SiteProtocol } from './site-protocol.ts';
import {
  contactOfPast,
  isOnline,
  isOver,
  newSiteState,
  type OnDuty,
  type SiteState,
  sameContact,
  siteView,
} from './site-state.ts';

export const site = defineBehaviour<SiteProtocol, { readonly key: string }, SiteState>({
  name: 'site',

  async init({ key }, context) {
    const id = siteId(key);
    if (id === null) throw new InitFailed(refusal('unknownSite', 'that is no name of a site'));
    const found = await context.call(accounts, 'site', { id }, { deadlineMs: storeReadDeadlineMs });
    if (found.ok && found.value.site === null) throw new InitFailed(refusal('unknownSite', 'there is no such site'));
    const state = newSiteState(id, found.ok ? found.value.site : null, context.monotonic());
    // The keeper of accounts may be starting as well: what operators and rooms say meanwhile must not be lost.
    if (!found.ok) context.startTimer('readRecordAgain', readAgainMs);
    readContacts(state, context);
    tellOutbox(state, context);
    context.startTimer('level', levelRepeatMs);
    context.startTimer('sweep', contactsSweepMs);
    context.startTimer('silence', silenceSweepMs);
    return state;
  },

  calls: {
    describe(state) {
      const view = siteView(state);
      return view === null ? refuse(refusal('unavailable', 'the site cannot be read now')) : reply(view);
    },
    contacts: (state) => reply({ contacts: [...state.contacts.values()] }),
  },

  casts: {
    operator: onOperator,
    conversation(state, { contact: news }, context) {
      if (isOver(news, context.now())) return dropContact(state, news.session, context);
      const before = state.contacts.get(news.session);
      const contact = withLevelOf(before, news);
      if (before === undefined && state.contacts.size >= contactsPerSiteMax) {
        context.count('site_contacts_refused');
        return;
      }
      state.contacts.set(contact.session, contact);
      if (sameContact(before, contact)) return;
      for (const operator of state.operators.keys()) context.cast(operatorIfAlive(operator), 'contact', { contact });
    },
    renumbered(state, news, context) {
      for (const operator of state.operators.keys()) context.cast(operatorIfAlive(operator), 'renumbered', news);
    },
    changed: (state, _, context) => readRecord(state, context),
  },

  timers: {
    level(state, context) {
      context.startTimer('level', levelRepeatMs);
      tellOutbox(state, context);
    },
    sweep(state, context) {
      context.startTimer('sweep', contactsSweepMs);
      for (const contact of state.contacts.values()) {
        if (isOver(contact, context.now())) dropContact(state, contact.session, context);
      }
      for (const [operator, { until }] of state.operators) {
        if (until <= context.monotonic()) leave(state, operator, context);
      }
    },
    silence,
    grace,
    readAgain: readContacts,
    readRecordAgain: readRecord,
  },
});

/** A level of an operator. In return he gets all contacts and colleagues, so that whatever was lost is repaired. */
function onOperator(state: SiteState, message: SiteProtocol['casts']['operator'], context: Context): void {
  const { operator, name, attached, available, show, status } = message;
  if (!attached) {
    leave(state, operator, context);
    return;
  }
  const before = state.operators.get(operator);
  const until = context.monotonic() + levelLeaseMs;
  const onDuty: OnDuty = { name, available, show: showOf(show), status, until };
  state.operators.set(operator, onDuty);
  tellContacts(state, operator, context);
  const looksNew = before?.show !== onDuty.show || before.status !== status || before.name !== name;
  for (const [other, duty] of state.operators) {
    if (other === operator) continue;
    context.cast(operatorIfAlive(operator), 'colleague', {
      operator: other,
      name: duty.name,
      show: duty.show,
      status: duty.status,
    });
    if (looksNew) context.cast(operatorIfAlive(other), 'colleague', { operator, name, show: onDuty.show, status });
  }
  online(state, context);
}

function leave(state: SiteState, operator: OperatorName, context: Context): void {
  const before = state.operators.get(operator);
  if (before === undefined) return;
  state.operators.delete(operator);
  const gone = { operator, name: before.name, show: null, status: '' };
  for (const other of state.operators.keys()) context.cast(operatorIfAlive(other), 'colleague', gone);
  online(state, context);
}

function online(state: SiteState, context: Context): void {
  const now = isOnline(state);
  if (now === state.online) return;
  state.online = now;
  tellOutbox(state, context);
}

function tellOutbox(state: SiteState, context: Context): void {
  const view = siteView(state);
  if (view !== null) context.cast(outbox, 'site', { site: view });
}

/** All or nothing: a list without those who were not read yet would take them out of everybody's roster. */
function tellContacts(state: SiteState, operator: OperatorName, context: Context): void {
  const contacts = [...state.contacts.values()];
  if (state.loaded) context.cast(operatorIfAlive(operator), 'contacts', { site: state.id, contacts });
  else for (const contact of contacts) context.cast(operatorIfAlive(operator), 'contact', { contact });
}

function dropContact(state: SiteState, session: SessionId, context: Context): void {
  if (!state.contacts.delete(session)) return;
  for (const operator of state.operators.keys()) {
    context.cast(operatorIfAlive(operator), 'contactGone', { site: state.id, session });
  }
}

function readRecord(state: SiteState, context: Context): void {
  context.ask(accounts, 'site', { id: state.id }, { deadlineMs: storeReadDeadlineMs }, (result) => {
    if (!result.ok) {
      context.startTimer('readRecordAgain', readAgainMs);
      // Nobody has ever said that there is such a site: it is made anew when somebody asks again.
      const made = state.record !== null || context.monotonic() - state.madeAt < unreadMsMax;
      return made ? undefined : stop('normal');
    }
    // Removed: whoever asks for it next is told that there is no such site.
    if (result.value.site === null) {
      context.cast(outbox, 'siteChanged', { site: state.id });
      return stop('normal');
    }
    state.record = result.value.site;
    tellOutbox(state, context);
    return undefined;
  });
}

/** After a start: conversations that are open, and those closed a moment ago. */
function readContacts(state: SiteState, context: Context): void {
  const now = context.now();
  const request = {
    site: state.id,
    since: now - unansweredMsMax - silenceMsMax,
    closedAfter: now - contactAfterCloseMs,
  };
  context.ask(history, 'conversations', request, { deadlineMs: storeReadDeadlineMs }, (result) => {
    if (!result.ok) return context.startTimer('readAgain', readAgainMs);
    for (const past of result.value.pasts) begin(state, contactOfPast(past), context);
    state.loaded = result.value.whole;
    if (!state.loaded) context.startTimer('readAgain', readAgainMs);
    context.startTimer('grace', levelGraceMs);
    for (const operator of state.operators.keys()) tellContacts(state, operator, context);
    silence(state, context);
  });
}

const readAgainMs = 500;
const unreadMsMax = 30_000;

/** What its room has said meanwhile is newer than what was read. */
function begin(state: SiteState, contact: Contact | null, context: Context): void {
  if (contact === null || state.contacts.has(contact.session) || isOver(contact, context.now())) return;
  state.contacts.set(contact.session, contact);
}

/** Whose room has said nothing by now, he is gone. */
function grace(state: SiteState, context: Context): void {
  for (const { levelUnknown, ...contact } of state.contacts.values()) {
    if (levelUnknown === undefined) continue;
    state.contacts.set(contact.session, contact);
    for (const operator of state.operators.keys()) context.cast(operatorIfAlive(operator), 'contact', { contact });
  }
}

/** Rooms whose last word is long ago are asked to judge whether silence closes them. */
function silence(state: SiteState, context: Context): void {
  context.startTimer('silence', silenceSweepMs);
  for (const { state: stands, lastAt, room } of state.contacts.values()) {
    if (stands !== 'closed' && context.now() - lastAt >= silenceMsMax) context.cast(roomAt(room), 'expire', {});
  }
}

const shows = ['chat', 'online', 'away', 'xa', 'dnd'] as const;

function showOf(show: string): OnDuty['show'] {
  return shows.find((one) => one === show) ?? null;
}
