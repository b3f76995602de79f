// Owns the actor of one operator: his presence over all devices, his contacts, his lines to visitors.
// It holds no conversation: rooms do, and they decide who may answer; what his devices lack operator-following finds.

import {
  type CastOutcome,
  type Context,
  defineBehaviour,
  type From,
  InitFailed,
  passivate,
  refuse,
  reply,
  stop,
} from '../runtime/mod.ts';
import { accounts } from './accounts-protocol.ts';
import type { Contact } from './chat.ts';
import { parseLine } from './commands.ts';
import { bridge } from './edge-protocol.ts';
import { refusal } from './errors.ts';
import { type OperatorName, operatorName, roomOf, type SiteId } from './ids.ts';
import { followRepeatMs, levelRepeatMs, operatorIdleMs, sayDeadlineMs, storeReadDeadlineMs } from './limits.ts';
import { newestContact } from './newest-contact.ts';
import { carryOut, explain } from './operator-commands.ts';
import { followAll, onConfirmed, onConversation, onSaid, setContact } from './operator-following.ts';
import type { OperatorProtocol } from './operator-protocol.ts';
import {
  type Account,
  accountOf,
  newOperatorState,
  noteCame,
  noteLost,
  type OperatorState,
  streamsKnown,
} from './operator-state.ts';
import { offline, operatorLevel, receives } from './presence.ts';
import { roomAt, roomIfAlive, type StanzaKey } from './room-protocol.ts';
import { siteAt } from './site-protocol.ts';

type SayRequest = OperatorProtocol['calls']['say']['request'];
type SayAnswer = OperatorProtocol['calls']['say']['answer'];

export const operator = defineBehaviour<OperatorProtocol, { readonly key: string }, OperatorState>({
  name: 'operator',

  async init({ key }, context) {
    const name = operatorName(key);
    if (name === null) throw new InitFailed(refusal('unknownOperator', 'that is no name of an operator'));
    const found = await context.call(accounts, 'operator', { name }, { deadlineMs: storeReadDeadlineMs });
    if (found.ok && found.value.operator === null) {
      throw new InitFailed(refusal('unknownOperator', 'there is no such operator'));
    }
    const state = newOperatorState(
      found.ok && found.value.operator !== null ? accountOf(found.value.operator) : unread(name),
      context,
    );
    // The keeper of accounts may be starting as well: what the edge says meanwhile must not be lost.
    if (!found.ok) context.startTimer('readRecordSoon', readSoonMs);
    for (const site of state.record.sites) readSiteName(state, site, context);
    context.startTimer('follow', followRepeatMs);
    context.startTimer('level', levelRepeatMs);
    return state;
  },

  calls: {
    say,
    contact(state, { session }, context, from) {
      const contact = state.contacts.get(session);
      if (contact !== undefined) return reply({ contact });
      if (!state.record.isRead) return refuse(refusal('unavailable', 'the account cannot be read now'));
      const { sites } = state.record;
      context.ask(roomAt(roomOf(session)), 'describe', { sites }, { deadlineMs: storeReadDeadlineMs }, (result) => {
        if (result.ok) context.reply(from, { contact: result.value.contact });
        else context.refuse(from, result.error);
      });
      return undefined;
    },
  },

  casts: {
    streams: onStreams,
    confirmed: onConfirmed,
    typing(state, { session, on }, context) {
      const { name: id, displayName: name } = state.record;
      context.cast(roomIfAlive(roomOf(session)), 'operatorTyping', { operator: id, name, on });
    },
    // Which stream lacks what is known by its place: a new one begins after what was confirmed.
    redeliver: (state, _, context) => followAll(state, context),
    contact(state, { contact }, context) {
      if (!state.siteNames.has(contact.site)) return;
      setContact(state, newestContact(state.contacts.get(contact.session), contact), context);
    },
    contacts: onContacts,
    contactGone(state, { session }, context) {
      forgetContact(state, state.contacts.get(session), context);
      context.cast(bridge, 'contactGone', { operator: state.record.name, session });
    },
    colleague(state, { operator: colleague, name, show, status }, context) {
      state.colleagues.set(colleague, { name, show });
      context.cast(bridge, 'colleague', { operator: state.record.name, colleague, name, show, status });
    },
    said: onSaid,
    renumbered(state, { room, after }, context) {
      state.delivery.goBack(room, after);
      followAll(state, context);
    },
    visitorTyping(state, { session, on }, context) {
      context.cast(bridge, 'typing', { operator: state.record.name, session, on });
    },
    conversation: onConversation,
    changed: (state, _, context) => readRecord(state, context),
  },

  timers: {
    follow(state, context) {
      context.startTimer('follow', followRepeatMs);
      followAll(state, context);
    },
    followSoon: (state, context) => followAll(state, context),
    level,
    readSoon(state, context) {
      for (const [site, name] of state.siteNames) if (name === null) readSiteName(state, site, context);
    },
    readRecordSoon: (state, context) => readRecord(state, context),
  },
});

const readSoonMs = 500;

/** What is known of an operator before his account could be read. */
function unread(name: OperatorName): Account {
  return { name, displayName: name, sites: [], isRead: false };
}

/** An answer is a text for the visitor; a command is carried out and answered by a notice. */
function say(
  state: OperatorState,
  { session, key, text }: SayRequest,
  context: Context,
  from: From<SayAnswer>,
): undefined {
  state.touchedAt = context.monotonic();
  if (!state.record.isRead) return void context.refuse(from, refusal('unavailable', 'the account cannot be read now'));
  const typed = { session, from };
  const line = parseLine(text);
  if (line.type === 'refused') return void explain({ state, typed, context }, line.explanation);
  if (line.type === 'command') return void carryOut({ state, typed, context }, line);
  const request = { ...sender(state), key: key satisfies StanzaKey, text: line.text, streams: streamsKnown(state) };
  context.ask(roomAt(roomOf(session)), 'answer', request, { deadlineMs: sayDeadlineMs }, (result) => {
    if (result.ok) context.reply(from, { said: result.value });
    else context.refuse(from, result.error);
  });
}

function sender({ record }: OperatorState) {
  return { operator: record.name, name: record.displayName, sites: record.sites };
}

function onStreams(
  state: OperatorState,
  { streams, lost }: OperatorProtocol['casts']['streams'],
  context: Context,
): void {
  state.touchedAt = context.monotonic();
  noteLost(state, streams, context.now());
  const before = state.level;
  state.streams = streams;
  state.level = operatorLevel(streams, lost, before);
  const receivers = streams.filter(receives).map(({ stream }) => stream);
  noteCame(state, receivers, context.now());
  const moreReceivers = state.delivery.setStreams(receivers);
  // Always: a newcomer wants the contacts that the sites answer with, and a site may have been made anew.
  if (before.attached || state.level.attached) tellSites(state, context);
  if (moreReceivers || before.available !== state.level.available) followAll(state, context);
}

/** All contacts of one site; who is not among them is gone. */
function onContacts(
  state: OperatorState,
  { site, contacts }: OperatorProtocol['casts']['contacts'],
  context: Context,
): void {
  if (!state.siteNames.has(site)) return;
  const there = new Set(contacts.map(({ session }) => session));
  for (const contact of state.contacts.values()) {
    if (contact.site === site && !there.has(contact.session)) forgetContact(state, contact, context);
  }
  for (const contact of contacts) {
    state.contacts.set(contact.session, newestContact(state.contacts.get(contact.session), contact));
  }
  state.sitesSeen.add(site);
  showContacts(state, site, context);
  for (const { session } of contacts) {
    const contact = state.contacts.get(session);
    if (contact !== undefined) setContact(state, contact, context);
  }
}

function showContacts(state: OperatorState, site: SiteId, context: Context): void {
  const siteName = state.siteNames.get(site);
  if (siteName == null || !state.sitesSeen.has(site)) return;
  const contacts = [...state.contacts.values()].filter((contact) => contact.site === site);
  context.cast(bridge, 'contacts', { operator: state.record.name, site, siteName, contacts });
}

function forgetContact(state: OperatorState, contact: Contact | undefined, context: Context): void {
  if (contact === undefined) return;
  state.contacts.delete(contact.session);
  if (state.followed.delete(contact.room)) {
    context.cast(roomIfAlive(contact.room), 'unfollow', { operator: state.record.name });
  }
  state.delivery.forget(contact.room);
}

function readSiteName(state: OperatorState, site: SiteId, context: Context): void {
  context.ask(siteAt(site), 'describe', {}, { deadlineMs: storeReadDeadlineMs }, (result) => {
    if (!state.siteNames.has(site)) return;
    if (!result.ok) return context.startTimer('readSoon', readSoonMs);
    state.siteNames.set(site, result.value.name);
    showContacts(state, site, context);
  });
}

function tellSites(state: OperatorState, context: Context): void {
  for (const site of state.record.sites) tellSite(state, site, context);
}

function tellSite(state: OperatorState, site: SiteId, context: Context): void {
  const { attached, available, show, status } = state.level;
  const { name: id, displayName: name } = state.record;
  context.cast(siteAt(site), 'operator', { operator: id, name, attached, available, show: show ?? '', status });
}

function level(state: OperatorState, context: Context): CastOutcome {
  context.startTimer('level', levelRepeatMs);
  if (state.level.attached) tellSites(state, context);
  const idle = !state.level.attached && context.monotonic() - state.touchedAt >= operatorIdleMs;
  return idle ? passivate : undefined;
}

/** The account was changed: other sites, another name, or gone. */
function readRecord(state: OperatorState, context: Context): void {
  const name: OperatorName = state.record.name;
  context.ask(accounts, 'operator', { name }, { deadlineMs: storeReadDeadlineMs }, (result) => {
    if (!result.ok) {
      context.startTimer('readRecordSoon', readSoonMs);
      return undefined;
    }
    const { operator: record } = result.value;
    const left = state.record.sites.filter((site) => record === null || !record.sites.includes(site));
    for (const site of left) leaveSite(state, site, context);
    if (record === null) return stop('normal');
    const joined = record.sites.filter((site) => !state.record.sites.includes(site));
    state.record = accountOf(record);
    for (const site of joined) {
      state.siteNames.set(site, null);
      readSiteName(state, site, context);
    }
    tellSites(state, context);
    return undefined;
  });
}

function leaveSite(state: OperatorState, site: SiteId, context: Context): void {
  const { level: before } = state;
  state.level = offline;
  tellSite(state, site, context);
  state.level = before;
  for (const contact of state.contacts.values()) if (contact.site === site) forgetContact(state, contact, context);
  showContacts(state, site, context);
  state.siteNames.delete(site);
  state.sitesSeen.delete(site);
}
