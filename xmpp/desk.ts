// Owns what this edge knows of one operator who is logged in: streams, contacts, colleagues, and what each stream was
// shown of them. It decides nothing of the chat: contacts and messages come from the operator's actor.

import type { Contact, OperatorName, OperatorRecord, SessionId, SiteId, StreamView } from '../actors/mod.ts';
import { operatorAt, withLevelOf } from '../actors/mod.ts';
import type { Device } from './device.ts';
import { element, type XmlElement } from './element.ts';
import type { StreamFault } from './errors.ts';
import { NS } from './namespaces.ts';
import {
  colleagueItem,
  itemElement,
  type RosterItem,
  removedElement,
  rosterQuery,
  sameItem,
  visitorItem,
} from './roster.ts';
import type { EdgeServices } from './services.ts';
import {
  presenceElement,
  samePresence,
  type VisitorPresence,
  visitorPresence,
  visitorResource,
} from './visitor-presence.ts';

interface ShownContact {
  contact: Contact;
  item: RosterItem;
  sent: VisitorPresence | null;
  sentAt: number;
  cancelTimer: (() => void) | null;
}

export class Desk {
  readonly operator: OperatorName;
  readonly streams = new Map<string, Device>();
  record: OperatorRecord;
  readonly #services: EdgeServices;
  readonly #contacts = new Map<SessionId, ShownContact>();
  readonly #colleagues = new Map<OperatorName, string>();
  readonly #sitesSeen = new Set<SiteId>();
  readonly #waiting = new Set<() => void>();
  #lost = 0;

  constructor(record: OperatorRecord, services: EdgeServices) {
    this.operator = record.name;
    this.record = record;
    this.#services = services;
  }

  get jid(): string {
    return this.#services.domains.operator(this.operator);
  }

  /** Nobody is there, and nobody was a moment ago. */
  get empty(): boolean {
    return this.streams.size === 0 && this.#lost === 0;
  }

  /** Streams that take messages: with presence, and not of a negative priority (RFC 6121 section 8.5.2.1). */
  receivers(): Device[] {
    return this.available().filter((stream) => (stream.presence?.priority ?? -1) >= 0);
  }

  available(): Device[] {
    return [...this.streams.values()].filter((stream) => stream.presence !== null);
  }

  byResource(resource: string): Device | undefined {
    return [...this.streams.values()].find((stream) => stream.resource === resource);
  }

  /** Says to the operator's actor which streams there are: a level, so that repeating it is right at any time. */
  sendLevel(): void {
    const streams: StreamView[] = [...this.streams.values()].map((stream) => ({
      stream: stream.name,
      resource: stream.resource,
      show: stream.presence?.show ?? null,
      status: stream.presence?.status ?? '',
      priority: stream.presence?.priority ?? 0,
    }));
    this.#services.node().cast(operatorAt(this.operator), 'streams', { streams, lost: this.#lost });
  }

  /** A stream broke without a word: the operator stays routable for a while, as he is probably coming back. */
  lose(whenOver: () => void): void {
    this.#lost += 1;
    this.#services.clock.after(this.#services.limits.lostMs, () => {
      this.#lost -= 1;
      this.sendLevel();
      whenOver();
    });
  }

  closeAll(fault: StreamFault): void {
    for (const stream of [...this.streams.values()]) stream.close(fault);
  }

  /** Runs when the contacts of every site have come once, or after a moment. */
  whenContactsKnown(action: () => void): void {
    if (this.#contactsKnown()) {
      action();
      return;
    }
    const once = () => {
      cancel();
      if (this.#waiting.delete(once)) action();
    };
    const cancel = this.#services.clock.after(this.#services.limits.firstContactsMs, once);
    this.#waiting.add(once);
  }

  #contactsKnown(): boolean {
    return this.record.sites.every((site) => this.#sitesSeen.has(site));
  }

  // --- contacts

  contact(session: SessionId): Contact | undefined {
    return this.#contacts.get(session)?.contact;
  }

  /** All contacts of one site: what is not among them is gone. */
  setContacts(site: SiteId, siteName: string, contacts: readonly Contact[]): void {
    const sessions = new Set(contacts.map((contact) => contact.session));
    for (const [session, shown] of this.#contacts) {
      if (shown.contact.site === site && !sessions.has(session)) this.dropContact(session);
    }
    for (const contact of contacts) this.setContact(siteName, contact);
    this.#sitesSeen.add(site);
    if (this.#contactsKnown()) for (const action of [...this.#waiting]) action();
  }

  setContact(siteName: string, news: Contact): void {
    const shown = this.#contacts.get(news.session);
    // Actors that were made anew do not know yet where he is; this edge does.
    const contact = withLevelOf(shown?.contact, news);
    const item = visitorItem(contact, this.#services.domains.visitor(contact.session), siteName);
    if (shown === undefined) {
      const made: ShownContact = { contact, item, sent: null, sentAt: -Infinity, cancelTimer: null };
      this.#contacts.set(contact.session, made);
      this.pushItem(this.effective(item));
      this.#showPresence(made);
      return;
    }
    const changed = !sameItem(shown.item, item);
    shown.contact = contact;
    shown.item = item;
    if (changed) this.pushItem(this.effective(item));
    this.#showPresence(shown);
  }

  dropContact(session: SessionId): void {
    const shown = this.#contacts.get(session);
    if (shown === undefined) return;
    shown.cancelTimer?.();
    this.#contacts.delete(session);
    const gone: VisitorPresence = { available: false, show: null, status: '' };
    if (!samePresence(shown.sent, gone)) this.#toAvailable(session, gone);
    this.#services.kept.of(this.operator).roster.delete(shown.item.jid);
    this.#push(removedElement(shown.item.jid));
  }

  /** At once, or a second after the last one: a visitor who clicks through pages does not flood a client. */
  #showPresence(shown: ShownContact): void {
    if (shown.cancelTimer !== null) return;
    const wanted = visitorPresence(shown.contact, this.operator);
    if (samePresence(shown.sent, wanted)) return;
    const { clock, limits } = this.#services;
    const wait = shown.sentAt + limits.presenceMinMs - clock.monotonic();
    if (wait > 0) {
      shown.cancelTimer = clock.after(wait, () => {
        shown.cancelTimer = null;
        this.#showPresence(shown);
      });
      return;
    }
    shown.sent = wanted;
    shown.sentAt = clock.monotonic();
    this.#toAvailable(shown.contact.session, wanted);
  }

  #toAvailable(session: SessionId, presence: VisitorPresence): void {
    for (const stream of this.available()) stream.send(this.#visitorPresence(session, presence, stream));
  }

  #visitorPresence(session: SessionId, presence: VisitorPresence, stream: Device): XmlElement {
    const from = `${this.#services.domains.visitor(session)}/${visitorResource}`;
    return presenceElement(presence, { from, to: stream.jid });
  }

  /** What a stream that has just become available does not know yet. */
  showContactsTo(stream: Device): void {
    for (const [session, shown] of this.#contacts) {
      if (shown.sent?.available) stream.send(this.#visitorPresence(session, shown.sent, stream));
    }
  }

  /** The answer to a probe: what was shown last. */
  showContactTo(session: SessionId, stream: Device): void {
    const shown = this.#contacts.get(session);
    if (shown?.sent) stream.send(this.#visitorPresence(session, shown.sent, stream));
  }

  // --- colleagues

  colleagues(): ReadonlyMap<OperatorName, string> {
    return this.#colleagues;
  }

  /** Returns who is new and who is no longer there. */
  setColleagues(colleagues: ReadonlyMap<OperatorName, string>): { added: OperatorName[]; removed: OperatorName[] } {
    const removed = [...this.#colleagues.keys()].filter((name) => !colleagues.has(name));
    const added = [...colleagues.keys()].filter((name) => !this.#colleagues.has(name));
    for (const name of removed) {
      this.#colleagues.delete(name);
      this.#push(removedElement(this.#services.domains.operator(name)));
    }
    for (const [name, displayName] of colleagues) this.setColleague(name, displayName);
    return { added, removed };
  }

  setColleague(name: OperatorName, displayName: string): void {
    if (name === this.operator || this.#colleagues.get(name) === displayName) return;
    this.#colleagues.set(name, displayName);
    this.pushItem(this.effective(colleagueItem(this.#services.domains.operator(name), displayName)));
  }

  // --- roster

  /** Everything, as one client asks for it. */
  roster(): RosterItem[] {
    const made = this.#madeItems();
    const own = [...this.#services.kept.of(this.operator).roster.values()].filter((item) => !made.has(item.jid));
    return [...[...made.values()].map((item) => this.effective(item)), ...own];
  }

  /** Whether the server itself put this contact there. */
  isMade(jid: string): boolean {
    return this.#madeItems().has(jid);
  }

  #madeItems(): Map<string, RosterItem> {
    const items = new Map<string, RosterItem>();
    for (const { item } of this.#contacts.values()) items.set(item.jid, item);
    for (const [name, displayName] of this.#colleagues) {
      const jid = this.#services.domains.operator(name);
      items.set(jid, colleagueItem(jid, displayName));
    }
    return items;
  }

  /** An operator may call a contact what he likes, and sort it where he likes. */
  effective(item: RosterItem): RosterItem {
    const own = this.#services.kept.of(this.operator).roster.get(item.jid);
    return own === undefined ? item : { ...own, subscription: item.subscription };
  }

  pushItem(item: RosterItem): void {
    this.#push(itemElement(item));
  }

  pushRemoved(jid: string): void {
    this.#push(removedElement(jid));
  }

  /** RFC 6121 section 2.1.6: to every stream that has asked for the roster. */
  #push(item: XmlElement): void {
    for (const stream of this.streams.values()) {
      if (!stream.interested) continue;
      const id = stream.nextId('roster');
      stream.send(element('iq', NS.client, { type: 'set', id, to: stream.jid }, rosterQuery(item)));
    }
  }
}
