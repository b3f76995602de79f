// Owns the actor named `bridge` on the edge thread: what the chat tells this edge, handed to the desk it concerns.
// It keeps nothing and waits for nobody; for an operator who is not here, everything is silently nothing.

import type { BridgeProtocol, OperatorName, SessionId } from '../actors/mod.ts';
import { type Behaviour, defineBehaviour } from '../runtime/mod.ts';
import { chatStateElement, noticeElement } from './chat-stanzas.ts';
import type { Device } from './device.ts';
import type { XmlElement } from './element.ts';
import type { StreamServices } from './served.ts';
import { type Addressed, visitorResource } from './visitor-presence.ts';

type BridgeState = Record<string, never>;

export function bridgeBehaviour(services: StreamServices): Behaviour<BridgeProtocol, unknown, BridgeState> {
  const { desks } = services;
  return defineBehaviour<BridgeProtocol, unknown, BridgeState>({
    name: 'bridge',
    init: () => ({}),
    calls: {},
    casts: {
      contacts: (_state, { operator, site, siteName, contacts }) =>
        desks.of(operator)?.setContacts(site, siteName, contacts),
      contact: (_state, { operator, siteName, contact }) => desks.of(operator)?.setContact(siteName, contact),
      contactGone: (_state, { operator, session }) => desks.of(operator)?.dropContact(session),
      message: (_state, { operator, stream, ...delivered }) => {
        for (const device of receiversOf(services, operator, stream)) device.deliver(delivered);
      },
      typing: (_state, { operator, session, on }) =>
        show(services, { operator, session }, (addressed) => chatStateElement(on, addressed)),
      notice: (_state, { operator, session, id, text }) =>
        show(services, { operator, session }, (addressed) => noticeElement(text, id, addressed)),
      colleague: (_state, { operator, colleague, name }) => desks.of(operator)?.setColleague(colleague, name),
      account: (_state, { operator, change }) => accountChanged(services, operator, change),
    },
  });
}

/** Everybody who takes messages, or one stream, if it is still there and does. */
function receiversOf(services: StreamServices, operator: OperatorName, stream: string | null): Device[] {
  const receivers = services.desks.of(operator)?.receivers() ?? [];
  return stream === null ? receivers : receivers.filter((device) => device.name === stream);
}

interface Chat {
  readonly operator: OperatorName;
  readonly session: SessionId;
}

function show(services: StreamServices, { operator, session }: Chat, make: (addressed: Addressed) => XmlElement): void {
  const from = `${services.domains.visitor(session)}/${visitorResource}`;
  for (const device of receiversOf(services, operator, null)) device.send(make({ from, to: device.jid }));
}

function accountChanged(
  services: StreamServices,
  operator: OperatorName,
  change: 'removed' | 'password' | 'sites',
): void {
  if (change === 'removed') {
    services.desks.of(operator)?.closeAll({ condition: 'not-authorized', text: 'This account was removed.' });
    services.kept.forget(operator);
  }
  if (change === 'password')
    services.desks.of(operator)?.closeAll({ condition: 'reset', text: 'The password was changed.' });
  if (change === 'password') return;
  services.desks
    .accountChanged(operator)
    .catch((error: unknown) => services.log('error', 'colleagues could not be read', { error: String(error) }));
}
