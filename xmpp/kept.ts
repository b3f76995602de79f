// Owns what operators' clients ask the server to keep for them: private XML (XEP-0049) and their own roster changes.
// It keeps them in memory only, bounded, and until this process ends; nothing of the chat is among it.

import type { OperatorName } from '../actors/mod.ts';
import type { XmlElement } from './element.ts';
import { serialise } from './element.ts';
import type { XmppLimits } from './limits.ts';
import type { RosterItem } from './roster.ts';

export interface KeptThings {
  readonly privateXml: Map<string, XmlElement>;
  readonly roster: Map<string, RosterItem>;
}

export class Kept {
  readonly #limits: XmppLimits;
  readonly #things = new Map<OperatorName, KeptThings>();

  constructor(limits: XmppLimits) {
    this.#limits = limits;
  }

  of(operator: OperatorName): KeptThings {
    const things = this.#things.get(operator) ?? { privateXml: new Map(), roster: new Map() };
    this.#things.delete(operator);
    this.#things.set(operator, things);
    const oldest = this.#things.keys().next();
    if (this.#things.size > this.#limits.keptAccountsMax && !oldest.done) this.#things.delete(oldest.value);
    return things;
  }

  forget(operator: OperatorName): void {
    this.#things.delete(operator);
  }

  /** False: it would be too much. */
  keepPrivate(operator: OperatorName, thing: XmlElement): boolean {
    const { privateXml } = this.of(operator);
    const key = privateKey(thing);
    let units = serialise(thing).length;
    for (const [other, kept] of privateXml) if (other !== key) units += serialise(kept).length;
    if (units > this.#limits.privateUnitsMax) return false;
    privateXml.set(key, thing);
    return true;
  }

  /** False: it would be too much. */
  keepItem(operator: OperatorName, item: RosterItem): boolean {
    const { roster } = this.of(operator);
    if (!roster.has(item.jid) && roster.size >= this.#limits.rosterItemsMax) return false;
    roster.set(item.jid, item);
    return true;
  }
}

export function privateKey(thing: XmlElement): string {
  return `${thing.ns} ${thing.name}`;
}
