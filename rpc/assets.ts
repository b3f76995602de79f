// Owns the table of static answers: widget, demo and whatever else is given to the edge as bytes.
// It reads no file; compressing happens once, when a route is added.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { type Headers, notAllowed, write, writePreflight } from './http-answer.ts';

export interface Route {
  /** Exact path, without a query string. */
  readonly path: string;
  readonly contentType: string;
  readonly body: string | Uint8Array;
  readonly cacheControl: string;
  /** With its quotes. */
  readonly etag: string;
  readonly headers?: Headers;
}

interface Asset {
  readonly route: Route;
  readonly plain: Uint8Array;
  readonly gzip: Uint8Array | null;
}

const methods = 'GET, HEAD, OPTIONS';
/** Below this a compressed answer saves no packet. */
const gzipBytesMin = 1_024;
const compressible = /^(text\/|application\/(javascript|json)|image\/svg)/;

export class Assets {
  readonly #assets = new Map<string, Asset>();

  add(route: Route): void {
    const plain = typeof route.body === 'string' ? Buffer.from(route.body) : route.body;
    const isText = compressible.test(route.contentType) && plain.length >= gzipBytesMin;
    this.#assets.set(route.path, { route, plain, gzip: isText ? gzipSync(plain) : null });
  }

  /** False: no such path. */
  handle(path: string, request: IncomingMessage, response: ServerResponse): boolean {
    const asset = this.#assets.get(path);
    if (asset === undefined) return false;
    if (request.method === 'OPTIONS') writePreflight(response, methods);
    else if (request.method !== 'GET' && request.method !== 'HEAD') notAllowed(response, methods);
    else answer(asset, request, response);
    return true;
  }
}

function answer({ route, plain, gzip }: Asset, request: IncomingMessage, response: ServerResponse): void {
  const zipped = gzip !== null && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  const etag = zipped ? route.etag.replace(/"$/, '-gzip"') : route.etag;
  const headers: Headers = {
    ETag: etag,
    'Cache-Control': route.cacheControl,
    // Any page may embed the widget, also one that isolates itself (COEP), and may measure how long it took.
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Timing-Allow-Origin': '*',
    Vary: 'Origin, Accept-Encoding',
    ...route.headers,
  };
  if (isKnown(request.headers['if-none-match'], etag)) {
    write(response, 304, headers, null);
    return;
  }
  const encoding: Headers = zipped ? { 'Content-Encoding': 'gzip' } : {};
  write(response, 200, { 'Content-Type': route.contentType, ...headers, ...encoding }, zipped ? gzip : plain);
}

/** RFC 9110 13.1.2: weak comparison, a list, or a star. */
function isKnown(condition: string | undefined, etag: string): boolean {
  if (condition === undefined) return false;
  const known = condition.split(',').map((text) => text.trim().replace(/^W\//, ''));
  return known.includes(etag) || known.includes('*');
}
