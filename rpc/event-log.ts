// Owns one visitor's log of events: numbered under a random epoch, bounded, read from any place without removing anything.
// It is pure: it parks nobody, sends nothing and knows no clock.
//
//            first                      head = first + entries
//   position   4     5     6     7       8
//              msg7  typ   msg8  conv    .          lastSeq = 8
//                    ^ reader (position 5, lastSeq 7) is told typ, msg8, conv and stands at (8, 8)
//
// A room's messages are numbered without gaps, so every place proves itself: a reader whose lastSeq does not join the
// messages after his position has missed something, and starts over. That makes every loss and every race visible.

import type { ConversationView, SessionEvent } from '../actors/mod.ts';
import type { Event } from './contract.ts';
import type { Place } from './cursor.ts';
import { logAgeMsMax, logEventsMax } from './limits.ts';
import { eventOf, messageOf, stateEventOf } from './view.ts';

export type Added =
  /** There is news. */
  | 'added'
  /** The log had it. */
  | 'known'
  /** A message before this one is missing: nothing was added. */
  | 'gap';

export type Reading =
  | { readonly type: 'events'; readonly events: readonly Event[]; readonly place: Place }
  /** The place is foreign, too old, or has missed something. */
  | { readonly type: 'lost' };

interface Entry {
  readonly at: number;
  /** Null once a `navigate` was read. */
  event: Event | null;
  /** Of a message, else 0. */
  readonly seq: number;
  readonly bytes: number;
}

/** What an entry weighs beside its text. */
const entryBytes = 250;
const lost: Reading = { type: 'lost' };

export class EventLog {
  readonly epoch: string;
  #first = 1;
  readonly #entries: Entry[] = [];
  #bytes = 0;
  #lastSeq: number | null;
  #online: boolean | null;
  readonly #onlineAtStart: boolean | null;
  readonly #startedFresh: boolean;
  /** What readers were told last: the conversation's state (null while unknown), and how far others have read. */
  #state: string | null;
  #readTold = 0;

  /** `lastSeq`: 0 for a visitor who cannot have said anything yet, null while nobody has said which messages there are. */
  constructor(epoch: string, start: { readonly lastSeq: number | null; readonly online: boolean | null }) {
    this.epoch = epoch;
    this.#lastSeq = start.lastSeq;
    this.#online = start.online;
    this.#onlineAtStart = start.online;
    this.#startedFresh = start.lastSeq === 0;
    this.#state = this.#startedFresh ? '' : null;
  }

  get lastSeq(): number {
    return this.#lastSeq ?? 0;
  }

  get anchored(): boolean {
    return this.#lastSeq !== null;
  }

  get head(): number {
    return this.#first + this.#entries.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  append(event: SessionEvent, now: number): Added {
    if (event.type !== 'message') {
      if (event.type === 'conversation') this.#state = stateText(event);
      if (event.type === 'read') this.#readTold = Math.max(this.#readTold, event.seq);
      this.#push({ event: eventOf(event), seq: 0, at: now });
      return 'added';
    }
    const { seq } = event.message;
    const before = this.#lastSeq ?? seq - 1;
    if (seq <= before) return 'known';
    if (seq > before + 1) return 'gap';
    this.#push({ event: eventOf(event), seq, at: now });
    this.#lastSeq = seq;
    return 'added';
  }

  /** What the session knows now; only what this log does not have becomes news. */
  sync(conversation: ConversationView | null, now: number): Added {
    const head = this.head;
    if (conversation === null) {
      this.#lastSeq ??= 0;
      return 'known';
    }
    if (this.#lastSeq !== null) this.#addMissing(conversation, this.#lastSeq, now);
    this.#lastSeq = Math.max(this.#lastSeq ?? 0, conversation.lastSeq);
    if (stateText(conversation) !== this.#state) {
      this.#state = stateText(conversation);
      this.#push({ event: stateEventOf(conversation), seq: 0, at: now });
    }
    if (conversation.operatorRead > this.#readTold) {
      this.#readTold = conversation.operatorRead;
      this.#push({ event: { type: 'read', seq: conversation.operatorRead }, seq: 0, at: now });
    }
    return this.head > head ? 'added' : 'known';
  }

  /**
   * A reader, whose question was asked when the head was at `asked`, is shown this conversation whole: other readers get
   * what they miss. Gives the position from which he goes on; the read marks, which no conversation bears, come first.
   */
  shown(conversation: ConversationView | null, asked: number, now: number): number {
    const isQuiet = this.head === asked;
    const operatorRead = conversation?.operatorRead ?? 0;
    this.#readTold = Math.max(this.#readTold, operatorRead);
    if (conversation !== null) this.#state ??= stateText(conversation);
    this.sync(conversation, now);
    // What the session says holds, even when it knows less than this log did: else this reader would start over for ever.
    if (isQuiet) this.#lastSeq = conversation?.lastSeq ?? 0;
    const position = isQuiet ? this.head : asked;
    if (operatorRead > 0) this.#push({ event: { type: 'read', seq: operatorRead }, seq: 0, at: now });
    return position;
  }

  /** A reader was just shown the site: nobody needs to be told what this log's first reader saw. */
  siteShown(online: boolean): void {
    this.#online ??= online;
  }

  /** Whether the site has anybody available; told only when it differs from what was told before. */
  presence(online: boolean, now: number): Added {
    if (this.#online === online) return 'known';
    this.#online = online;
    this.#push({ event: { type: 'presence', online }, seq: 0, at: now });
    return 'added';
  }

  /** For a reader who begins with the log itself, and was told `online` before there was one. */
  readFresh(online: boolean): Reading {
    if (!this.#startedFresh) return lost;
    const start: Place = { epoch: this.epoch, position: 1, lastSeq: 0 };
    const reading = this.read(start);
    if (reading.type === 'lost' || this.#onlineAtStart === null || this.#onlineAtStart === online) return reading;
    const told: Event = { type: 'presence', online: this.#onlineAtStart };
    return { ...reading, events: [told, ...reading.events] };
  }

  read(place: Place): Reading {
    if (place.epoch !== this.epoch || place.position < this.#first || place.position > this.head) return lost;
    const events: Event[] = [];
    let { lastSeq } = place;
    const unread = this.#entries.slice(place.position - this.#first);
    for (const { event, seq } of unread) {
      if (event === null || (seq > 0 && seq <= lastSeq)) continue;
      if (seq > lastSeq + 1) return lost;
      if (seq > 0) lastSeq = seq;
      events.push(event);
    }
    if (lastSeq < this.lastSeq) return lost;
    this.#spend(unread);
    return { type: 'events', events, place: { epoch: this.epoch, position: this.head, lastSeq } };
  }

  trim(now: number): void {
    while (this.#entries.length > logEventsMax || (this.#entries[0]?.at ?? now) < now - logAgeMsMax) this.#shift();
  }

  #addMissing(conversation: ConversationView, after: number, now: number): void {
    for (const message of conversation.messages) {
      if (message.seq <= after) continue;
      this.#push({ event: { type: 'message', message: messageOf(message) }, seq: message.seq, at: now });
    }
  }

  /** A page is led elsewhere once, whoever of the readers it is. */
  #spend(entries: readonly Entry[]): void {
    for (const entry of entries) if (entry.event?.type === 'navigate') entry.event = null;
  }

  #push(entry: { readonly event: Event; readonly seq: number; readonly at: number }): void {
    const bytes = entryBytes + 2 * unitsOf(entry.event);
    this.#entries.push({ ...entry, bytes });
    this.#bytes += bytes;
    if (this.#entries.length > logEventsMax) this.#shift();
  }

  #shift(): void {
    this.#bytes -= this.#entries.shift()?.bytes ?? 0;
    this.#first += 1;
  }
}

function unitsOf(event: Event): number {
  if (event.type === 'message') return event.message.text.length;
  if (event.type === 'command') return event.body.length;
  return event.type === 'navigate' ? event.url.length : 0;
}

function stateText(of: {
  readonly id: string;
  readonly state: string;
  readonly operator: { readonly name: string } | null;
}): string {
  return `${of.id} ${of.state} ${of.operator?.name ?? ''}`;
}
