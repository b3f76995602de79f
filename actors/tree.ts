// Owns the chat's part of the supervision tree, as data: which actors there are, and which of them are one of a kind.
// It starts nothing: app/ puts it beneath the root, behind the stores and before the edges.

import type { AnyBehaviour, ChildSpec, FamilySpec } from '../runtime/mod.ts';
import { accountsKeeper } from './accounts.ts';
import { historyWriter } from './history.ts';
import { operator } from './operator.ts';
import { room } from './room.ts';
import { session } from './session.ts';
import { site } from './site.ts';

export const chatBehaviours: readonly AnyBehaviour[] = [accountsKeeper, historyWriter, operator, room, session, site];

/** Made by their first message, on the scheduler thread that their key hashes to. */
export const chatFamilies: readonly FamilySpec[] = [
  { family: 'site', behaviour: 'site', initDeadlineMs: 10_000 },
  { family: 'operator', behaviour: 'operator', initDeadlineMs: 10_000 },
  { family: 'room', behaviour: 'room', mailboxMessagesMax: 2_000 },
  { family: 'session', behaviour: 'session', mailboxMessagesMax: 1_000 },
];

const backoff = { minMs: 50, maxMs: 2_000 };

/** Start order. Everything durable goes through `history`; it and `accounts` are one of a kind on a node. */
export const chatChildren: readonly ChildSpec[] = [
  {
    id: 'history',
    name: 'history',
    behaviour: 'history',
    args: {},
    placement: { on: 'scheduler', key: 'history' },
    mailboxMessagesMax: 50_000,
    backoff,
  },
  {
    id: 'accounts',
    name: 'accounts',
    behaviour: 'accounts',
    args: {},
    placement: { on: 'scheduler', key: 'accounts' },
    backoff,
  },
];
