// Owns the actor named `cache` where no cache server is configured: copies in this thread's memory, bounded in bytes.
// It may forget anything at any time and never answers with another key's copy or with one that is past its time.

import { LRUCache } from 'lru-cache';
import type { CacheProtocol } from '../actors/mod.ts';
import { type Context, defineBehaviour, reply } from '../runtime/mod.ts';

export interface MemoryCacheArgs {
  readonly bytesMax: number;
}

/** As much as a cache server takes for one value. */
export const copyBytesMax = 1_024 * 1_024;
/** The map's own cost for an entry, roughly: without it, small copies would hold far more memory than they count. */
const entryOverheadBytes = 200;

/** Bytes outside of the heap, so that a full cache costs the collector nothing and its size is exact. */
type Copies = LRUCache<string, Buffer>;

export const memoryCache = defineBehaviour<CacheProtocol, MemoryCacheArgs, Copies>({
  name: 'memoryCache',
  init: ({ bytesMax }, context) =>
    new LRUCache<string, Buffer>({
      maxSize: bytesMax,
      maxEntrySize: Math.min(bytesMax, copyBytesMax + entryOverheadBytes),
      sizeCalculation: (copy, key) => copy.length + key.length + entryOverheadBytes,
      // A copy written at 0 would live for ever: lru-cache reads a start of 0 as `no time to live`.
      perf: { now: () => context.monotonic() + 1 },
      // The clock is asked each time: a resolution would start a timer of Node's own.
      ttlResolution: 0,
      ttlAutopurge: false,
    }),
  calls: {
    readSession: (copies, { session }, context) => reply(read(copies, sessionKey(session), context)),
    readRoom: (copies, { room }, context) => reply(read(copies, roomKey(room), context)),
  },
  casts: {
    writeSession: (copies, { session, copy, ttlMs }, context) =>
      write(copies, { key: sessionKey(session), copy, ttlMs }, context),
    writeRoom: (copies, { room, copy, ttlMs }, context) => write(copies, { key: roomKey(room), copy, ttlMs }, context),
    forgetSession: (copies, { session }) => void copies.delete(sessionKey(session)),
    forgetRoom: (copies, { room }) => void copies.delete(roomKey(room)),
  },
});

function sessionKey(session: string): string {
  return `session ${session}`;
}

function roomKey(room: string): string {
  return `room ${room}`;
}

function read<Copy>(
  copies: Copies,
  key: string,
  context: Context,
): { readonly copy: Copy | null; readonly reason: string } {
  const bytes = copies.get(key);
  const reason = bytes === undefined ? 'absent' : 'hit';
  context.count('cache_reads', { reason });
  return { copy: bytes === undefined ? null : (JSON.parse(bytes.toString()) as Copy), reason };
}

interface Write {
  readonly key: string;
  readonly copy: object;
  readonly ttlMs: number;
}

/** A copy that is too big, or whose time is over, is dropped; the older one goes too, because it is no longer true. */
function write(copies: Copies, { key, copy, ttlMs }: Write, context: Context): void {
  const bytes = Buffer.from(JSON.stringify(copy));
  const outcome = bytes.length > copyBytesMax ? 'tooLarge' : ttlMs > 0 ? 'kept' : 'expired';
  context.count('cache_writes', { outcome });
  copies.delete(key);
  if (outcome === 'kept') copies.set(key, bytes, { ttl: ttlMs });
}
