// Owns copies of messages for an operator's other devices (XEP-0280), so that a chat looks the same on all of them.
// It copies what passes through this edge; visitors' lines go to every device anyway and are not copied.

import type { Device } from './device.ts';
import { child, element, type XmlElement } from './element.ts';
import { NS } from './namespaces.ts';

/** What one device said, to the operator's others. */
export function copySent(from: Device, others: Iterable<Device>, message: XmlElement): void {
  copy(
    'sent',
    [...others].filter((device) => device !== from),
    message,
  );
}

/** What came to some devices, to the operator's others. */
export function copyReceived(receivers: readonly Device[], all: Iterable<Device>, message: XmlElement): void {
  copy(
    'received',
    [...all].filter((device) => !receivers.includes(device)),
    message,
  );
}

function copy(direction: 'sent' | 'received', devices: readonly Device[], message: XmlElement): void {
  if (!mayBeCopied(message)) return;
  for (const device of devices) {
    if (!device.carbons) continue;
    const forwarded = element('forwarded', NS.forward, {}, message);
    const attributes = { type: message.attributes.type, from: device.bareJid, to: device.jid };
    device.send(element('message', NS.client, attributes, element(direction, NS.carbons, {}, forwarded)));
  }
}

/** XEP-0280 section 6.1: chats, and what else has a body, unless the sender asks for no copy. */
function mayBeCopied(message: XmlElement): boolean {
  const { type = 'normal' } = message.attributes;
  const eligible = type === 'chat' || (type === 'normal' && child(message, 'body') !== undefined);
  return (
    eligible && child(message, 'private', NS.carbons) === undefined && child(message, 'no-copy', NS.hints) === undefined
  );
}
