// Owns the actor named `memcached`: copies of sessions and rooms and blocks of the past, on one server or several.
// Whatever a server does is a miss or a copy that was not kept, each with a reason; it waits for none of them in a handler.
//
// An earlier copy can take the place of a later one here: memjs knows no compare-and-set. The tier in front compares the
// stamps with those in Redis, and where there is no Redis one node writes what it has in order.

import type {
  ChatMessage,
  CopiesProtocol,
  Found,
  Kept,
  RoomCopy,
  SessionCopy,
  Signed,
  Stamp,
} from '../../actors/mod.ts';
import { type Address, type Context, defineBehaviour, named, reply } from '../../runtime/mod.ts';
import { reportsTo } from '../gate/mod.ts';
import { Rendezvous } from './rendezvous.ts';
import { MemcachedServer, type Value } from './server.ts';

export interface MemcachedCacheArgs {
  readonly servers: readonly { readonly host: string; readonly port: number }[];
  /** Begins every key, for servers that others use too; default `parla:`. */
  readonly prefix?: string;
}

interface State {
  readonly servers: readonly MemcachedServer[];
  readonly ring: Rendezvous<MemcachedServer>;
}

/** So long a node may go on with values whose end another node has told. */
const lookMs = 1_000;
const epochBytes = 9;
const unstamped: Stamp = { fence: 0, version: 0 };

export const memcached: Address<CopiesProtocol> = named('memcached');

export const memcachedCache = defineBehaviour<CopiesProtocol, MemcachedCacheArgs, State>({
  name: 'memcachedCache',
  init({ servers: addresses, prefix = 'parla:' }, context) {
    const shared = {
      prefix,
      now: () => context.now(),
      newEpoch: () => Buffer.from(context.randomBytes(epochBytes)).toString('base64url'),
      // What was on its way when this actor's last life ended is lost, and with it the knowledge of it.
      doubtful: context.restarts > 0,
      ...reportsTo(context),
    };
    const servers = addresses.map(({ host, port }) => new MemcachedServer({ host, port, ...shared }));
    context.startTimer('look', lookMs);
    return { servers, ring: new Rendezvous(servers, (server) => server.status().target) };
  },
  calls: {
    readSession: (state, { session }, context, from) =>
      void read<Signed<SessionCopy>>(state, sessionKey(session), context).then((found) => context.reply(from, found)),
    readRoom: (state, { room }, context, from) =>
      void read<Signed<RoomCopy>>(state, roomKey(room), context).then((found) => context.reply(from, found)),
    readBlock: (state, { room, block }, context, from) =>
      void read<readonly ChatMessage[]>(state, blockKey(room, block), context).then(({ copy, reason }) =>
        context.reply(from, { messages: copy, reason }),
      ),
    keepSession: (state, { session, copy, ttlMs }, context, from) =>
      void write(state, { key: sessionKey(session), body: copy, stamp: copy, ttlMs }, context).then((kept) =>
        context.reply(from, kept),
      ),
    keepRoom: (state, { room, copy, ttlMs }, context, from) =>
      void write(state, { key: roomKey(room), body: copy, stamp: copy, ttlMs }, context).then((kept) =>
        context.reply(from, kept),
      ),
    status: ({ servers }) => reply({ gates: servers.map((server) => server.status()) }),
  },
  casts: {
    writeBlock: (state, { room, block, messages, ttlMs }, context) =>
      void write(state, { key: blockKey(room, block), body: messages, stamp: unstamped, ttlMs }, context),
    forgetSession: ({ ring }, { session }) => forget(ring, sessionKey(session)),
    forgetRoom: ({ ring }, { room }) => forget(ring, roomKey(room)),
    forgetBlock: ({ ring }, { room, block }) => forget(ring, blockKey(room, block)),
  },
  timers: {
    look({ servers }, context) {
      for (const server of servers) server.refresh();
      context.startTimer('look', lookMs);
    },
  },
  terminate({ servers }) {
    for (const server of servers) server.close();
  },
});

function sessionKey(session: string): string {
  return `session:${session}`;
}

function roomKey(room: string): string {
  return `room:${room}`;
}

function blockKey(room: string, block: number): string {
  return `block:${room}:${block}`;
}

async function read<Copy>({ ring }: State, key: string, context: Context): Promise<Found<Copy>> {
  const { copy, reason } = await ring.of(key).read(key);
  context.count('memcached_reads', { reason });
  // The envelope says that Parla wrote it, under this key and in this format.
  return { copy: copy as Copy | null, reason };
}

interface Write extends Value {
  readonly key: string;
}

async function write({ ring }: State, { key, ...value }: Write, context: Context): Promise<Kept> {
  const kept = await ring.of(key).put(key, value);
  context.count('memcached_writes', { outcome: kept.reason });
  return kept;
}

function forget(ring: Rendezvous<MemcachedServer>, key: string): void {
  void ring.of(key).forget(key);
}
