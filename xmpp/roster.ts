// Owns what a roster item is (RFC 6121 section 2): how a visitor, a colleague and an operator's own contact look in it.
// It keeps none of them (desk.ts does) and sends nothing.

import type { Contact } from '../actors/mod.ts';
import { type Attributes, element, elementsOf, textOf, type XmlElement } from './element.ts';
import type { StanzaFault } from './errors.ts';
import { bareText, parseJid } from './jid.ts';
import { escapeInfo } from './lines.ts';
import { NS } from './namespaces.ts';

export interface RosterItem {
  readonly jid: string;
  readonly name: string;
  readonly groups: readonly string[];
  readonly subscription: 'both' | 'none';
}

const colleaguesGroup = 'Team';
const nameUnitsMax = 1_023;
const groupsMax = 16;

export function visitorItem(contact: Contact, jid: string, siteName: string): RosterItem {
  return { jid, name: escapeInfo(contact.name), groups: [siteName], subscription: 'both' };
}

export function colleagueItem(jid: string, name: string): RosterItem {
  return { jid, name, groups: [colleaguesGroup], subscription: 'both' };
}

export function sameItem(a: RosterItem | undefined, b: RosterItem): boolean {
  return a !== undefined && a.name === b.name && a.groups.join('\n') === b.groups.join('\n');
}

export function rosterQuery(...items: readonly XmlElement[]): XmlElement {
  return element('query', NS.roster, {}, ...items);
}

export function itemElement(item: RosterItem): XmlElement {
  const { jid, subscription } = item;
  // Nobody has to be asked: contacts are made by the server, so requests of theirs count as granted (RFC 6121 3.4).
  const base: Attributes = { jid, subscription, approved: subscription === 'both' ? 'true' : undefined };
  const attributes = item.name === '' ? base : { ...base, name: item.name };
  return element('item', NS.roster, attributes, ...item.groups.map((group) => element('group', NS.roster, {}, group)));
}

export function removedElement(jid: string): XmlElement {
  return element('item', NS.roster, { jid, subscription: 'remove' });
}

/** What a client asks to be changed. */
export type RosterChange =
  | { readonly is: 'set'; readonly item: RosterItem }
  | { readonly is: 'remove'; readonly jid: string }
  | { readonly is: 'wrong'; readonly fault: StanzaFault };

/** RFC 6121 section 2.3.3 says which mistakes have which error. */
export function readChange(query: XmlElement): RosterChange {
  const [first, second] = elementsOf(query).filter((node) => node.name === 'item' && node.ns === NS.roster);
  if (first === undefined || second !== undefined) return wrong('bad-request');
  const parsed = parseJid(first.attributes.jid ?? '');
  if (parsed === null) return wrong(first.attributes.jid === undefined ? 'bad-request' : 'jid-malformed');
  const jid = bareText(parsed);
  if (first.attributes.subscription === 'remove') return { is: 'remove', jid };
  const groups = elementsOf(first)
    .filter((node) => node.name === 'group')
    .map(textOf);
  const name = first.attributes.name ?? '';
  if (new Set(groups).size < groups.length) return wrong('bad-request');
  if (groups.includes('')) return wrong('not-acceptable');
  const long = [name, ...groups].some((text) => text.length > nameUnitsMax);
  if (long || groups.length > groupsMax) return wrong('not-acceptable');
  return { is: 'set', item: { jid, name, groups, subscription: 'none' } };
}

function wrong(condition: StanzaFault['condition']): RosterChange {
  return { is: 'wrong', fault: { condition } };
}
