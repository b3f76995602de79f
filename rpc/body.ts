// Owns reading a request's body up to a limit. It interprets nothing.

import type { IncomingMessage } from 'node:http';
import { discardBytesMax } from './limits.ts';

export type Body =
  | { readonly type: 'whole'; readonly bytes: Buffer }
  | { readonly type: 'tooLarge' }
  /** The client went away in the middle. */
  | { readonly type: 'aborted' };

/**
 * What is too large is read away to its end, up to a bound, before anybody answers: a client that still sends when its
 * connection is closed would see a reset instead of the answer.
 */
export function readBody(request: IncomingMessage, bytesMax: number): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= bytesMax) chunks.push(chunk);
      if (length > discardBytesMax) resolve({ type: 'tooLarge' });
    });
    request.on('end', () =>
      resolve(length > bytesMax ? { type: 'tooLarge' } : { type: 'whole', bytes: joined(chunks) }),
    );
    request.on('error', () => resolve({ type: 'aborted' }));
    request.on('close', () => resolve({ type: 'aborted' }));
  });
}

function joined(chunks: readonly Buffer[]): Buffer {
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
}
