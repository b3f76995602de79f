// Owns what the node says of itself over HTTP: alive, ready, and its numbers (for whoever has the admin token).
// It decides neither what is ready nor what is counted.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AdminCheck } from './admin.ts';
import { writeChallenge } from './guarded.ts';
import { noStore, notAllowed, write, writeJson, writePreflight, writeText } from './http-answer.ts';

export interface Readiness {
  /** False while starting. */
  readonly ready: boolean;
  readonly draining: boolean;
  /** Names of backends that are lost while the chat goes on without them. */
  readonly degraded: readonly string[];
}

export interface StatusPagesParts {
  readonly readiness: () => Readiness;
  readonly isAdmin: AdminCheck;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

const methods = 'GET, HEAD, OPTIONS';

/** False: no such path. */
export function answerStatus(
  parts: StatusPagesParts,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const page = pages.get(path);
  if (page === undefined) return false;
  if (request.method === 'OPTIONS') writePreflight(response, methods);
  else if (request.method !== 'GET' && request.method !== 'HEAD') notAllowed(response, methods);
  else page(parts, request, response);
  return true;
}

type PageHandler = (parts: StatusPagesParts, request: IncomingMessage, response: ServerResponse) => void;

const pages: ReadonlyMap<string, PageHandler> = new Map([
  ['/healthz', alive],
  ['/readyz', ready],
  ['/metrics', metrics],
]);

function alive(_: StatusPagesParts, __: IncomingMessage, response: ServerResponse): void {
  writeJson(response, 200, '{"alive":true}');
}

function ready({ readiness }: StatusPagesParts, _: IncomingMessage, response: ServerResponse): void {
  const now = readiness();
  writeJson(response, now.ready && !now.draining ? 200 : 503, JSON.stringify(now));
}

function metrics(parts: StatusPagesParts, request: IncomingMessage, response: ServerResponse): void {
  if (!parts.isAdmin(request.headers.authorization)) {
    writeChallenge(response);
    return;
  }
  parts.metrics().then(
    ({ contentType, text }) => write(response, 200, { 'Content-Type': contentType, ...noStore }, text),
    () => writeText(response, 503, 'the numbers cannot be read now'),
  );
}
