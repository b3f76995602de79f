// Owns how what is said to an operator looks as stanzas: messages, chat states, lines of Parla's own.
// It never knows to which streams they go.

import type { ChatMessage } from '../actors/mod.ts';
import { element, type XmlElement, type XmlNode } from './element.ts';
import { escapeInfo, infoLine } from './lines.ts';
import { NS } from './namespaces.ts';
import type { Addressed } from './visitor-presence.ts';

export interface MessageParts extends Addressed {
  /** The operator's own address, under which the id was given (XEP-0359). */
  readonly by: string;
  readonly delayed: boolean;
}

/** A message keeps one id for ever, so that a client which sees it again can know it. */
export function messageElement(message: ChatMessage, { from, to, by, delayed }: MessageParts): XmlElement {
  const parts: XmlNode[] = [
    element('body', NS.client, {}, bodyOf(message)),
    element('active', NS.chatStates),
    element('stanza-id', NS.stanzaIds, { id: message.id, by }),
  ];
  if (delayed) parts.push(element('delay', NS.delay, { from: by, stamp: new Date(message.at).toISOString() }));
  return element('message', NS.client, { type: 'chat', id: message.id, from, to }, ...parts);
}

/** A chat with a visitor is one contact: who else speaks in it is named in the line. */
function bodyOf(message: ChatMessage): string {
  switch (message.from.kind) {
    case 'visitor':
      return escapeInfo(message.text);
    case 'system':
      return infoLine(message.text);
    default:
      return `${message.from.name}: ${escapeInfo(message.text)}`;
  }
}

export function chatStateElement(on: boolean, { from, to }: Addressed): XmlElement {
  const state = element(on ? 'composing' : 'paused', NS.chatStates);
  return element('message', NS.client, { type: 'chat', from, to }, state);
}

export function noticeElement(text: string, id: string, { from, to }: Addressed): XmlElement {
  return element('message', NS.client, { type: 'chat', id, from, to }, element('body', NS.client, {}, infoLine(text)));
}
