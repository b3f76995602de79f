// Owns XEP-0198's elements after a resource was bound: enable, r, a. Resumption is not offered, and says so.
// It never counts: delivery.ts and handled.ts do.

import { element, type XmlElement } from './element.ts';
import type { StanzaCondition } from './errors.ts';
import { NS } from './namespaces.ts';
import type { ServedStream } from './served.ts';

export function handleAcks(stream: ServedStream, node: XmlElement): void {
  switch (node.name) {
    case 'enable':
      enable(stream);
      return;
    case 'r':
      if (stream.delivery.acksEnabled) stream.acknowledge();
      else stream.write(acksFailed('unexpected-request'));
      return;
    case 'a':
      acknowledged(stream, node.attributes.h ?? '');
      return;
    case 'resume':
      stream.write(acksFailed('feature-not-implemented'));
      return;
    default:
      stream.close({ condition: 'unsupported-stanza-type' });
  }
}

function enable(stream: ServedStream): void {
  if (stream.delivery.acksEnabled) {
    stream.write(acksFailed('unexpected-request'));
    return;
  }
  stream.write(element('enabled', NS.acks));
  stream.delivery.enableAcks();
  stream.handled.begin();
}

function acknowledged(stream: ServedStream, h: string): void {
  if (!stream.delivery.acksEnabled) stream.write(acksFailed('unexpected-request'));
  else if (/^\d{1,10}$/.test(h) && Number(h) < 2 ** 32) stream.acknowledged(Number(h));
  else stream.close({ condition: 'bad-format', text: 'h is a number' });
}

export function acksFailed(condition: StanzaCondition): XmlElement {
  return element('failed', NS.acks, {}, element(condition, NS.stanzaErrors));
}
