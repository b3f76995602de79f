// Owns the cutting of memcached's bytes into whole replies of its binary protocol.
// It lets nothing through that cannot be one: neither garbage nor a length that nobody ever wrote is waited for.
//
//    0       1        2         4            5          6        8            12       16    24
//    | 0x81 | opcode | keySize | extrasSize | dataType | status | bodyLength | opaque | cas | body

import { GateError } from '../gate/mod.ts';

const headBytes = 24;
const replyMagic = 0x81;
/** The largest value that memcached keeps by default, and what may surround it. */
const bodyBytesMax = 1_024 * 1_024 + 4_096;

export class Replies {
  #chunks: Buffer[] = [];
  #length = 0;
  /** Bytes that must be there before it is worth looking again. */
  #wanted = 1;

  /** The replies that are complete now. Throws where the bytes are none; nothing after that makes sense. */
  push(chunk: Buffer): readonly Buffer[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#wanted) return [];
    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    const replies: Buffer[] = [];
    for (let bytes = replyBytes(rest); rest.length >= bytes; bytes = replyBytes(rest)) {
      replies.push(rest.subarray(0, bytes));
      rest = rest.subarray(bytes);
    }
    this.#chunks = [rest];
    this.#length = rest.length;
    this.#wanted = replyBytes(rest);
    return replies;
  }
}

/** How many bytes the reply has that begins here; one more than are there while that cannot be known. */
function replyBytes(rest: Buffer): number {
  if (rest.length > 0 && rest[0] !== replyMagic) throw new GateError('garbage', 'it does not speak as memcached does');
  if (rest.length < headBytes) return headBytes;
  const body = rest.readUInt32BE(8);
  if (body > bodyBytesMax || body < rest.readUInt16BE(2) + rest.readUInt8(4)) {
    throw new GateError('badLength', 'a reply claims a length that no value of ours has');
  }
  return headBytes + body;
}
