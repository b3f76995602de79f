// Owns roster requests (RFC 6121 section 2): the whole roster, and the changes an operator makes to his own view.
// Contacts that the server made can be renamed and sorted, but not taken out: they come and go with the chat.

import type { XmlElement } from './element.ts';
import { type IqOutcome, refused, result } from './iq-request.ts';
import { itemElement, readChange, rosterQuery } from './roster.ts';
import type { ServedStream } from './served.ts';

export function getRoster(
  stream: ServedStream,
  _payload: XmlElement,
  role: 'server' | 'account',
): Promise<IqOutcome> | IqOutcome {
  if (role === 'server') return refused('service-unavailable');
  return new Promise((resolve) => {
    // Who asks a moment after logging in shall see his visitors at once, and not only by what is pushed later.
    stream.desk.whenContactsKnown(() => {
      stream.interested = true;
      resolve(result(rosterQuery(...stream.desk.roster().map(itemElement))));
    });
  });
}

export function setRoster(stream: ServedStream, payload: XmlElement, role: 'server' | 'account'): IqOutcome {
  if (role === 'server') return refused('service-unavailable');
  const { desk, services } = stream;
  const change = readChange(payload);
  if (change.is === 'wrong') return { is: 'error', fault: change.fault };
  if (change.is === 'set') {
    if (change.item.jid === desk.jid) return refused('not-allowed');
    if (!services.kept.keepItem(desk.operator, change.item)) return refused('resource-constraint');
    const made = desk.isMade(change.item.jid);
    desk.pushItem({ ...change.item, subscription: made ? 'both' : 'none' });
    return result();
  }
  if (desk.isMade(change.jid)) return refused('not-allowed', 'This contact goes when its conversation does.');
  if (!services.kept.of(desk.operator).roster.delete(change.jid)) return refused('item-not-found');
  desk.pushRemoved(change.jid);
  return result();
}
