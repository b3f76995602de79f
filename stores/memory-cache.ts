// Owns the actor named `cache` where no cache server is configured: copies in this thread's memory, bounded in bytes.
// It may forget anything at any time and never answers with another key's copy or with one that is past its time.

import { LRUCache } from 'lru-cache';
import type {
  CacheProtocol,
  ChatMessage,
  Found,
  Opened,
  Kept as Outcome,
  RoomCopy,
  SessionCopy,
  Stamp,
} from '../actors/mod.ts';
import { type Context, defineBehaviour, reply } from '../runtime/mod.ts';
import { isOlder } from './stamp.ts';

export interface MemoryCacheArgs {
  readonly bytesMax: number;
}

/** As much as a cache server takes for one value. */
export const copyBytesMax = 1_024 * 1_024;
/** The map's own cost for an entry, roughly: without it, small copies would hold far more memory than they count. */
const entryOverheadBytes = 200;

/** Bytes outside of the heap, so that a full cache costs the collector nothing and its size is exact. */
interface Kept {
  readonly stamp: Stamp;
  readonly bytes: Buffer;
}
type Copies = LRUCache<string, Kept>;

export const memoryCache = defineBehaviour<CacheProtocol, MemoryCacheArgs, Copies>({
  name: 'memoryCache',
  init: ({ bytesMax }, context) =>
    new LRUCache<string, Kept>({
      maxSize: bytesMax,
      maxEntrySize: Math.min(bytesMax, copyBytesMax + entryOverheadBytes),
      sizeCalculation: ({ bytes }, key) => bytes.length + key.length + entryOverheadBytes,
      // A copy written at 0 would live for ever: lru-cache reads a start of 0 as `no time to live`.
      perf: { now: () => context.monotonic() + 1 },
      // The clock is asked each time: a resolution would start a timer of Node's own.
      ttlResolution: 0,
      ttlAutopurge: false,
    }),
  calls: {
    openSession: (copies, { session }, context) => reply(opened<SessionCopy>(copies, sessionKey(session), context)),
    openRoom: (copies, { room }, context) => reply(opened<RoomCopy>(copies, roomKey(room), context)),
    keepSession: (copies, { session, copy, ttlMs }, context) =>
      reply(write(copies, { key: sessionKey(session), value: copy, stamp: copy, ttlMs }, context)),
    keepRoom: (copies, { room, copy, ttlMs }, context) =>
      reply(write(copies, { key: roomKey(room), value: copy, stamp: copy, ttlMs }, context)),
    renewLease: () => reply({ lease: { type: 'free', kept: false } }),
    readBlock(copies, { room, block }, context) {
      const { copy, reason } = read<readonly ChatMessage[]>(copies, blockKey(room, block), context);
      return reply({ messages: copy, reason });
    },
    status: () => reply({ gates: [] }),
  },
  casts: {
    writeSession: (copies, { session, copy, ttlMs }, context) =>
      void write(copies, { key: sessionKey(session), value: copy, stamp: copy, ttlMs }, context),
    writeRoom: (copies, { room, copy, ttlMs }, context) =>
      void write(copies, { key: roomKey(room), value: copy, stamp: copy, ttlMs }, context),
    writeBlock: (copies, { room, block, messages, ttlMs }, context) =>
      void write(copies, { key: blockKey(room, block), value: messages, stamp: unstamped, ttlMs }, context),
    forgetSession: (copies, { session }) => void copies.delete(sessionKey(session)),
    forgetRoom: (copies, { room }) => void copies.delete(roomKey(room)),
    forgetBlock: (copies, { room, block }) => void copies.delete(blockKey(room, block)),
    releaseLease: () => undefined,
  },
});

const unstamped: Stamp = { fence: 0, version: 0 };

function sessionKey(session: string): string {
  return `session ${session}`;
}

function roomKey(room: string): string {
  return `room ${room}`;
}

function blockKey(room: string, block: number): string {
  return `block ${room} ${block}`;
}

/** Nobody but this node's actors writes here, and what they write arrives in order: there is no later copy. */
function opened<Copy>(copies: Copies, key: string, context: Context): Opened<Copy> {
  const found = read<Copy>(copies, key, context);
  return { ...found, verified: found.copy !== null, lease: { type: 'free', kept: false } };
}

function read<Copy>(copies: Copies, key: string, context: Context): Found<Copy> {
  const kept = copies.get(key);
  const reason = kept === undefined ? 'absent' : 'hit';
  context.count('cache_reads', { reason });
  return { copy: kept === undefined ? null : (JSON.parse(kept.bytes.toString()) as Copy), reason };
}

interface Write {
  readonly key: string;
  readonly value: object;
  readonly stamp: Stamp;
  readonly ttlMs: number;
}

/** A copy that is too big, or whose time is over, is dropped; the older one goes too, because it is no longer true. */
function write(copies: Copies, { key, value, stamp, ttlMs }: Write, context: Context): Outcome {
  const bytes = Buffer.from(JSON.stringify(value));
  const before = copies.peek(key);
  const outcome = isOlder(stamp, before?.stamp ?? null)
    ? 'older'
    : bytes.length > copyBytesMax
      ? 'tooLarge'
      : ttlMs > 0
        ? 'kept'
        : 'expired';
  context.count('cache_writes', { outcome });
  if (outcome !== 'older') copies.delete(key);
  if (outcome === 'kept')
    copies.set(key, { stamp: { fence: stamp.fence, version: stamp.version }, bytes }, { ttl: ttlMs });
  return { kept: outcome === 'kept', reason: outcome };
}
