// Owns the supervision tree of a node as data: list order is start order, reverse is stop order.
// It starts nothing.
//
//   root (edge, oneForOne)
//     store     gate sql       the database
//     cache     gate cache     copies of sessions and rooms
//     outbox    edge           what waits for visitors' polls   (rpc/)
//     bridge    edge           what goes to Jabber streams      (xmpp/)
//     history, accounts        the chat's own singles           (actors/)
//   families session, room, operator, site: on the scheduler that their key hashes to, made by their first message

import { chatChildren } from '../actors/mod.ts';
import type { ChildSpec, GateSpec, SupervisorSpec } from '../runtime/mod.ts';

const cacheBytesMax = 64 * 1_024 * 1_024;
/** A backend that keeps failing is tried again for ever and costs little; it must not end the node. */
const gateBackoff = { minMs: 100, maxMs: 5_000 };

export const gates: readonly GateSpec[] = [{ name: 'sql', ownsFiles: true }, { name: 'cache' }];

export function tree(database: string): SupervisorSpec {
  return {
    strategy: 'oneForOne',
    intensity: 20,
    periodMs: 10_000,
    children: [...gateChildren(database), ...edgeChildren, ...chatChildren],
  };
}

function gateChildren(database: string): readonly ChildSpec[] {
  return [
    {
      id: 'store',
      name: 'store',
      behaviour: 'sqlStore',
      args: { path: database },
      placement: { on: 'gate', gate: 'sql' },
      backoff: gateBackoff,
    },
    {
      id: 'cache',
      name: 'cache',
      behaviour: 'memoryCache',
      args: { bytesMax: cacheBytesMax },
      placement: { on: 'gate', gate: 'cache' },
      backoff: gateBackoff,
    },
  ];
}

const edgeChildren: readonly ChildSpec[] = [
  {
    id: 'outbox',
    name: 'outbox',
    behaviour: 'outbox',
    args: {},
    placement: { on: 'edge' },
    mailboxMessagesMax: 100_000,
  },
  {
    id: 'bridge',
    name: 'bridge',
    behaviour: 'bridge',
    args: {},
    placement: { on: 'edge' },
    mailboxMessagesMax: 100_000,
  },
];
