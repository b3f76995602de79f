// Owns the supervision tree of a node as data: list order is start order, reverse is stop order.
// It starts nothing.
//
//   root (edge, oneForOne)
//     store     gate sql       the database
//     journal   gate journal   what the database does not take, on this machine's disk
//     memcached gate memcached copies that may be lost             (where configured)
//     redis     gate redis     leases, and copies that outlive us  (where configured)
//     cache     gate redis     both of them as one (without Redis: gate memcached); alone, on gate cache, copies in memory
//     outbox    edge           what waits for visitors' polls   (rpc/)
//     bridge    edge           what goes to Jabber streams      (xmpp/)
//     history, accounts        the chat's own singles           (actors/)
//   families session, room, operator, site: on the scheduler that their key hashes to, made by their first message

import { chatChildren } from '../actors/mod.ts';
import type { ChildSpec, GateSpec, SupervisorSpec } from '../runtime/mod.ts';
import type { Backends } from './backends.ts';

const cacheBytesMax = 64 * 1_024 * 1_024;
/** A client that needs more leaks: its thread ends, and the next has a new one. */
const clientHeapBytesMax = 192 * 1_024 * 1_024;
/** A backend that keeps failing is tried again for ever and costs little; it must not end the node. */
const gateBackoff = { minMs: 100, maxMs: 5_000 };

/** A gate thread for each backend; one that owns files is replaced only after the old thread has ended. */
export function gates(backends: Backends): readonly GateSpec[] {
  return gateChildren(backends)
    .filter(({ joins }) => joins !== true)
    .map(({ gate, ownsFiles, isClient }) => ({
      name: gate,
      ...(ownsFiles ? { ownsFiles } : {}),
      ...(isClient ? { heapBytesMax: clientHeapBytesMax } : {}),
    }));
}

/** The actors that say how the gates do; `cache` answers for its tiers. */
export const gateNames: readonly string[] = ['store', 'journal', 'cache'];

export function tree(backends: Backends): SupervisorSpec {
  return {
    strategy: 'oneForOne',
    intensity: 20,
    periodMs: 10_000,
    children: [...gateChildren(backends).map(gateChild), ...edgeChildren, ...chatChildren],
  };
}

interface GateChild {
  readonly name: string;
  readonly gate: string;
  readonly ownsFiles?: boolean;
  /** Of a server: all that it holds are calls under way. */
  readonly isClient?: boolean;
  /** Lives on another one's gate. */
  readonly joins?: boolean;
  readonly behaviour: string;
  readonly args: unknown;
}

function gateChildren(backends: Backends): readonly GateChild[] {
  const { database, journal, memcached, redis, owner, process } = backends;
  const client = (name: string, behaviour: string, args: unknown) => {
    return { name, gate: name, isClient: true, behaviour, args };
  };
  const caches = [
    ...(memcached.length > 0 ? [client('memcached', 'memcachedCache', { servers: memcached })] : []),
    ...(redis !== null ? [client('redis', 'redisCache', { urls: redis, owner, process })] : []),
  ];
  const tiers = { memcached: memcached.length > 0, redis: redis !== null };
  return [
    database.engine === 'sqlite'
      ? { name: 'store', gate: 'sql', ownsFiles: true, behaviour: 'sqlStore', args: { path: database.path } }
      : { ...client('store', 'mysqlStore', { url: database.url }), gate: 'sql' },
    { name: 'journal', gate: 'journal', ownsFiles: true, behaviour: 'journal', args: { path: journal } },
    ...caches,
    // With the judge of all copies: a thread of its own was a sixth of the node's CPU, and without Redis it knows little.
    caches.length > 0
      ? { name: 'cache', gate: tiers.redis ? 'redis' : 'memcached', joins: true, behaviour: 'tieredCache', args: tiers }
      : { name: 'cache', gate: 'cache', behaviour: 'memoryCache', args: { bytesMax: cacheBytesMax } },
  ];
}

function gateChild({ name, gate, behaviour, args }: GateChild): ChildSpec {
  return { id: name, name, behaviour, args, placement: { on: 'gate', gate }, backoff: gateBackoff };
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
