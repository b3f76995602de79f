// Owns what a value looks like on a cache server: everything needed to know that it is the one that was asked for.
// Opening never throws: whatever a server gives back that is not exactly what was put there is a miss with a reason.
//
//    0       2        3         4        12       20       28        32            36
//    | magic | format | keySize | version | fence | until  | checksum | key | body
//    | u16   | u8     | u8      | f64     | f64   | f64 ms | u32      |     | MessagePack
//
// The checksum (CRC-32) is over all but itself, so no flipped bit is ever taken for a value; the key is the whole key
// under which it was put, so a reply that belongs to another caller is a miss and never his session.

import { crc32 } from 'node:zlib';
import { Packr } from 'msgpackr';
import { storageKey } from './keys.ts';

/** What is known of a value beside itself: who is newer when two copies differ. */
export interface Stamp {
  readonly version: number;
  readonly fence: number;
  /** Milliseconds since 1970 after which it does not count; 0: as long as the server keeps it. */
  readonly until: number;
}

export type Unsealed =
  | { readonly ok: true; readonly stamp: Stamp; readonly body: unknown }
  | { readonly ok: false; readonly reason: EnvelopeFault };

/**
 * `foreign`: nothing that Parla wrote, or by another format of it. `damaged`: cut or changed. `otherKey`: whole, and
 * not what was asked for. `expired`: past its time.
 */
export type EnvelopeFault = 'foreign' | 'damaged' | 'otherKey' | 'expired';

const magic = 0x50a7;
const format = 1;
const checksumAt = 28;
const headBytes = 32;

/** Self-contained: a table of shared structures would be missing in the process that reads. */
const packr = new Packr({ useRecords: false });

/** The numbers must be whole and not negative. */
export function sealEnvelope(key: string, { version, fence, until }: Stamp, body: unknown): Buffer {
  for (const [name, value] of Object.entries({ version, fence, until })) {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${name} is ${value}, not a whole number`);
  }
  const name = Buffer.from(storageKey(key), 'latin1');
  const head = Buffer.alloc(headBytes);
  head.writeUInt16BE(magic, 0);
  head.writeUInt8(format, 2);
  head.writeUInt8(name.length, 3);
  head.writeDoubleBE(version, 4);
  head.writeDoubleBE(fence, 12);
  head.writeDoubleBE(until, 20);
  const sealed = Buffer.concat([head, name, packr.pack(body)]);
  sealed.writeUInt32BE(checksum(sealed), checksumAt);
  return sealed;
}

export function openEnvelope(key: string, bytes: Buffer, now: number): Unsealed {
  if (bytes.length < headBytes || bytes.readUInt16BE(0) !== magic || bytes.readUInt8(2) !== format) {
    return { ok: false, reason: 'foreign' };
  }
  if (bytes.readUInt32BE(checksumAt) !== checksum(bytes)) return { ok: false, reason: 'damaged' };
  const bodyAt = headBytes + bytes.readUInt8(3);
  if (bytes.toString('latin1', headBytes, bodyAt) !== storageKey(key)) return { ok: false, reason: 'otherKey' };
  const stamp = { version: bytes.readDoubleBE(4), fence: bytes.readDoubleBE(12), until: bytes.readDoubleBE(20) };
  if (stamp.until !== 0 && now >= stamp.until) return { ok: false, reason: 'expired' };
  try {
    return { ok: true, stamp, body: packr.unpack(bytes.subarray(bodyAt)) };
  } catch {
    // Only somebody who writes to the server beside Parla can make a right checksum over a wrong body.
    return { ok: false, reason: 'foreign' };
  }
}

function checksum(bytes: Buffer): number {
  return crc32(bytes.subarray(headBytes), crc32(bytes.subarray(0, checksumAt)));
}
