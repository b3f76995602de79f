// Owns how a visitor's level looks as Jabber presence, to one operator.
// It compares and words; when something is sent is the desk's to decide.

import type { Contact, OperatorName, Page } from '../actors/mod.ts';
import { element, type XmlElement, type XmlNode } from './element.ts';
import { escapeInfo } from './lines.ts';
import { NS } from './namespaces.ts';

export interface VisitorPresence {
  readonly available: boolean;
  readonly show: 'away' | 'dnd' | null;
  readonly status: string;
}

const statusUnitsMax = 500;
/** The resource under which a visitor's page appears. */
export const visitorResource = 'w';

/** A conversation that a colleague answered shows as busy; the page stands in the status of all others. */
export function visitorPresence(contact: Contact, operator: OperatorName): VisitorPresence {
  if (contact.level === 'gone') return { available: false, show: null, status: '' };
  const other = contact.state === 'active' && contact.operator !== null && contact.operator.id !== operator;
  if (other) return { available: true, show: 'dnd', status: `busy: with ${contact.operator?.name ?? ''}` };
  return { available: true, show: contact.level === 'away' ? 'away' : null, status: pageText(contact.page) };
}

export function samePresence(a: VisitorPresence | null, b: VisitorPresence): boolean {
  // Before anything was sent a contact is unavailable for every client.
  const known = a ?? { available: false, show: null, status: '' };
  return known.available === b.available && known.show === b.show && known.status === b.status;
}

export interface Addressed {
  readonly from: string;
  readonly to: string;
}

export function presenceElement(presence: VisitorPresence, { from, to }: Addressed): XmlElement {
  if (!presence.available) return element('presence', NS.client, { from, to, type: 'unavailable' });
  const parts: XmlNode[] = [];
  if (presence.show !== null) parts.push(element('show', NS.client, {}, presence.show));
  if (presence.status !== '') parts.push(element('status', NS.client, {}, presence.status));
  return element('presence', NS.client, { from, to }, ...parts);
}

function pageText(page: Page | null): string {
  if (page === null) return '';
  const title = page.title?.trim() ?? '';
  const text = title === '' ? page.url : `${title} - ${page.url}`;
  return escapeInfo(text.length > statusUnitsMax ? `${text.slice(0, statusUnitsMax - 1)}…` : text);
}
