// Owns what only an administrator may see: pages and documents behind the admin token, each under a strict policy.
// It never takes the token from an address, and tells a page of another origin nothing.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AdminCheck } from './admin.ts';
import { type Headers, noStore, notAllowed, write, writeText } from './http-answer.ts';

/** Made anew for each request: `query` is what follows the `?`. */
export interface GuardedRoute {
  /** Exact path, without a query string. */
  readonly path: string;
  readonly answer: (query: URLSearchParams) => GuardedAnswer | Promise<GuardedAnswer>;
}

export interface GuardedAnswer {
  readonly status: 200 | 400 | 404 | 503;
  readonly contentType: string;
  readonly body: string | Uint8Array;
}

const methods = 'GET, HEAD';
const challenge = 'Basic realm="Parla", charset="UTF-8"';
const strict: Headers = {
  ...noStore,
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
};

export class Guarded {
  readonly #isAdmin: AdminCheck;
  readonly #routes = new Map<string, GuardedRoute>();

  constructor(isAdmin: AdminCheck) {
    this.#isAdmin = isAdmin;
  }

  add(route: GuardedRoute): void {
    this.#routes.set(route.path, route);
  }

  /** False: no such path. */
  handle(path: string, request: IncomingMessage, response: ServerResponse): boolean {
    const route = this.#routes.get(path);
    if (route === undefined) return false;
    if (request.method !== 'GET' && request.method !== 'HEAD') notAllowed(response, methods);
    else if (isForeign(request)) writeText(response, 403, 'only for pages of this node', strict);
    else if (!this.#isAdmin(request.headers.authorization)) writeChallenge(response);
    else void answer(route, request, response);
    return true;
  }
}

export function writeChallenge(response: ServerResponse): void {
  writeText(response, 401, 'the admin token is needed', { 'WWW-Authenticate': challenge });
}

/** A browser remembers Basic credentials; another site's page may not use them, not even blindly. */
function isForeign({ headers }: IncomingMessage): boolean {
  const from = headers['sec-fetch-site'];
  const isVisit = headers['sec-fetch-mode'] === 'navigate';
  return from !== undefined && from !== 'same-origin' && from !== 'none' && !isVisit;
}

async function answer(route: GuardedRoute, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const query = new URLSearchParams((request.url ?? '').split('?')[1] ?? '');
  try {
    const { status, contentType, body } = await route.answer(query);
    write(response, status, { 'Content-Type': contentType, ...strict }, body);
  } catch {
    // Threads are being replaced, or the node ends: the reader asks again.
    writeText(response, 503, 'this cannot be read now', strict);
  }
}
