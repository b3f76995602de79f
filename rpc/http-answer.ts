// Owns how an answer is written to a socket: status, headers that every answer bears, and the body.
// Every answer, errors too, may be read by the page that asked; none ever allows credentials.

import type { IncomingMessage, ServerResponse } from 'node:http';

export type Headers = { readonly [name: string]: string | number };

/** Preflights need not be repeated for a day. */
const preflightAgeSeconds = 86_400;

export const noStore: Headers = { 'Cache-Control': 'no-store' };

export function write(
  response: ServerResponse,
  status: number,
  headers: Headers,
  body: string | Uint8Array | null,
): void {
  if (response.headersSent || response.destroyed) return;
  const request = response.req;
  const length = body === null ? 0 : Buffer.byteLength(body);
  const hasLength = status !== 204 && status !== 304;
  response.writeHead(status, {
    ...corsHeaders(request, headers),
    'X-Content-Type-Options': 'nosniff',
    ...(hasLength ? { 'Content-Length': length } : {}),
    ...headers,
  });
  response.end(request.method === 'HEAD' || body === null ? undefined : body);
}

export function writeJson(response: ServerResponse, status: number, body: string, headers: Headers = {}): void {
  write(response, status, { 'Content-Type': 'application/json; charset=utf-8', ...noStore, ...headers }, body);
}

export function writeText(response: ServerResponse, status: number, body: string, headers: Headers = {}): void {
  write(response, status, { 'Content-Type': 'text/plain; charset=utf-8', ...noStore, ...headers }, `${body}\n`);
}

export function writePreflight(response: ServerResponse, methods: string): void {
  const headers = {
    Allow: methods,
    'Access-Control-Allow-Methods': methods,
    'Access-Control-Allow-Headers': 'Content-Type',
    'Access-Control-Max-Age': preflightAgeSeconds,
  };
  write(response, 204, headers, null);
}

export function notAllowed(response: ServerResponse, methods: string): void {
  writeText(response, 405, `only ${methods}`, { Allow: methods });
}

function corsHeaders(request: IncomingMessage, own: Headers): Headers {
  const { origin } = request.headers;
  const vary = own.Vary === undefined ? { Vary: 'Origin' } : {};
  if (origin === undefined) return vary;
  return { ...vary, 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': 'Retry-After' };
}
