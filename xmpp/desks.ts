// Owns the desks of all operators who are logged in here, and what passes between them: colleagues' presence
// (RFC 6121 section 4). It repeats every desk's level, so that an actor made anew knows who is there.

import { accounts, type OperatorName, type OperatorRecord } from '../actors/mod.ts';
import { Desk } from './desk.ts';
import type { Device } from './device.ts';
import { element, withAttributes, type XmlElement } from './element.ts';
import { NS } from './namespaces.ts';
import type { EdgeServices } from './services.ts';

const levelAgainMs = [1_000, 3_000];

export class Desks {
  readonly #services: EdgeServices;
  readonly #desks = new Map<OperatorName, Desk>();
  #cancelLevels: (() => void) | null = null;

  constructor(services: EdgeServices) {
    this.#services = services;
  }

  of(operator: OperatorName): Desk | undefined {
    return this.#desks.get(operator);
  }

  all(): Desk[] {
    return [...this.#desks.values()];
  }

  /** The desk of an operator who has just logged in. */
  enter(record: OperatorRecord): Desk {
    const known = this.#desks.get(record.name);
    if (known !== undefined) {
      known.record = record;
      return known;
    }
    const desk = new Desk(record, this.#services);
    this.#desks.set(record.name, desk);
    void this.#refreshColleagues(desk);
    this.#keepRepeating();
    return desk;
  }

  forgetIfEmpty(desk: Desk): void {
    if (desk.empty && this.#desks.get(desk.operator) === desk) this.#desks.delete(desk.operator);
  }

  repeatLevels(): void {
    for (const desk of this.#desks.values()) desk.sendLevel();
  }

  /** After a thread was lost: at once, and again when whoever came back first may need what came back last. */
  repeatLevelsSoon(): void {
    this.repeatLevels();
    for (const ms of levelAgainMs) this.#services.clock.after(ms, () => this.repeatLevels());
  }

  /** Stanzas whose outcome is not known yet. */
  get pending(): number {
    const streams = this.all().flatMap((desk) => [...desk.streams.values()]);
    return streams.reduce((sum, stream) => sum + stream.pending, 0);
  }

  stop(): void {
    this.#cancelLevels?.();
    this.#cancelLevels = null;
  }

  #keepRepeating(): void {
    if (this.#cancelLevels !== null) return;
    this.#cancelLevels = this.#services.clock.after(this.#services.limits.levelMs, () => {
      this.#cancelLevels = null;
      this.repeatLevels();
      for (const desk of this.all()) for (const stream of [...desk.streams.values()]) stream.checkAlive();
      if (this.#desks.size > 0) this.#keepRepeating();
    });
  }

  /** Accounts were changed: everybody may have got or lost colleagues. */
  async accountChanged(operator: OperatorName): Promise<void> {
    const desk = this.#desks.get(operator);
    if (desk !== undefined) {
      const { lookupDeadlineMs } = this.#services.limits;
      const found = await this.#services
        .node()
        .call(accounts, 'operator', { name: operator }, { deadlineMs: lookupDeadlineMs });
      if (found.ok && found.value.operator !== null) desk.record = found.value.operator;
      desk.sendLevel();
    }
    await Promise.all(this.all().map((each) => this.#refreshColleagues(each)));
  }

  async #refreshColleagues(desk: Desk): Promise<void> {
    const { lookupDeadlineMs } = this.#services.limits;
    const colleagues = new Map<OperatorName, string>();
    for (const site of desk.record.sites) {
      const found = await this.#services.node().call(accounts, 'operators', { site }, { deadlineMs: lookupDeadlineMs });
      // Half a list would take colleagues away who are still there: the next change, or login, tries again.
      if (!found.ok) return;
      for (const record of found.value.operators) {
        if (record.name !== desk.operator) colleagues.set(record.name, record.displayName);
      }
    }
    const { added, removed } = desk.setColleagues(colleagues);
    for (const stream of desk.available()) this.#showColleagues(stream, added);
    for (const name of removed) this.#hide(name, desk);
  }

  // --- presence between operators

  /** A stream's presence, to the operator's own streams and to every colleague's. */
  broadcast(from: Device, presence: XmlElement): void {
    for (const stream of this.#watchersOf(from.operator)) {
      if (stream === from && presence.attributes.type === 'unavailable') continue;
      stream.send(withAttributes(presence, { from: from.jid, to: stream.bareJid, id: undefined }));
    }
  }

  /** What a stream that has just become available does not know yet: everybody else's presence. */
  introduce(stream: Device): void {
    const desk = this.#desks.get(stream.operator);
    for (const own of desk?.available() ?? []) if (own !== stream) this.showTo(stream, own);
    this.#showColleagues(stream, [...(desk?.colleagues().keys() ?? [])]);
  }

  showTo(watcher: Device, seen: Device): void {
    if (seen.presence === null) return;
    watcher.send(withAttributes(seen.presence.stanza, { from: seen.jid, to: watcher.bareJid, id: undefined }));
  }

  #showColleagues(stream: Device, names: readonly OperatorName[]): void {
    for (const name of names) {
      for (const seen of this.#desks.get(name)?.available() ?? []) this.showTo(stream, seen);
    }
  }

  #hide(name: OperatorName, from: Desk): void {
    for (const seen of this.#desks.get(name)?.available() ?? []) {
      for (const stream of from.available()) {
        stream.send(element('presence', NS.client, { type: 'unavailable', from: seen.jid, to: from.jid }));
      }
    }
  }

  *#watchersOf(operator: OperatorName): Generator<Device> {
    for (const desk of this.#desks.values()) {
      if (desk.operator === operator || desk.colleagues().has(operator)) yield* desk.available();
    }
  }
}
