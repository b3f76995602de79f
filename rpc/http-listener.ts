// Owns the HTTP listener: its timeouts and limits, and which handler a path belongs to.
// It reads no body and knows no method of the contract.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Clock, sleep } from './clock.ts';
import { writeText } from './http-answer.ts';
import { headersMsMax, keepAliveMs, requestMsMax } from './limits.ts';

export type PathHandler = (path: string, request: IncomingMessage, response: ServerResponse) => boolean;

export interface HttpListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly connectionsMax: number;
  readonly clock: Clock;
  /** Asked in order; the first that says true has answered. */
  readonly handlers: readonly PathHandler[];
}

export interface HttpListener {
  /** Rejects with Node's own error (`EADDRINUSE`, `EACCES`) when the port cannot be had. */
  listen(): Promise<{ readonly port: number }>;
  /** Ends idle connections at once, the others after a moment. */
  close(): Promise<void>;
}

/** A connection whose answer is still being written gets this long. */
const closeGraceMs = 300;

export function createHttpListener(options: HttpListenerOptions): HttpListener {
  // Idle connections outlive a proxy's own limit (75 s), or the proxy would send into one that is just being closed.
  const server = createServer(
    { keepAliveTimeout: keepAliveMs, headersTimeout: headersMsMax, requestTimeout: requestMsMax },
    (request, response) => route(options.handlers, request, response),
  );
  server.maxConnections = options.connectionsMax;
  server.on('clientError', answerBroken);
  return {
    listen: () => listenOn(server, options),
    close: () => closeServer(server, options.clock),
  };
}

function route(handlers: readonly PathHandler[], request: IncomingMessage, response: ServerResponse): void {
  // Sockets break; whoever waits on the response hears 'close'.
  response.on('error', () => response.destroy());
  const path = pathOf(request.url ?? '/');
  if (!handlers.some((handle) => handle(path, request, response))) writeText(response, 404, 'not found');
}

/** RFC 9112 3.2: a path, or (through a proxy) a whole address. */
function pathOf(target: string): string {
  if (!target.startsWith('/')) return URL.parse(target)?.pathname ?? '';
  const query = target.indexOf('?');
  return query < 0 ? target : target.slice(0, query);
}

const brokenStatus: { readonly [code: string]: string } = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** What is not HTTP gets a short answer and the end of its connection. */
function answerBroken(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = brokenStatus[error.code ?? ''] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function listenOn(server: Server, { host, port }: HttpListenerOptions): Promise<{ readonly port: number }> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const bound = server.address();
      resolve({ port: typeof bound === 'object' && bound !== null ? bound.port : port });
    });
  });
}

async function closeServer(server: Server, clock: Clock): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  const cutOff = sleep(clock, closeGraceMs).then(() => server.closeAllConnections());
  await Promise.race([closed, cutOff]);
  await closed;
}
