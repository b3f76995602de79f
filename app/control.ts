// Owns the control socket: how a command reaches the node that runs on a data directory. Newline JSON, mode 0600.
// It never decides what a request does: the node hands it one function.
//
//   parla operator add …                    running node
//     | {"call":"putOperator","request":…}\n   |
//     |--------------------------------------->|
//     | {"ok":true,"value":{}}\n               |  once it holds
//     |<---------------------------------------|

import { closeSync, openSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import { failure, type Result } from '../runtime/mod.ts';
import { UserError } from './user-error.ts';

export interface ControlRequest {
  /** A call of the accounts' protocol, `drain` or `status`. */
  readonly call: string;
  readonly request: unknown;
}

export type ControlHandler = (request: ControlRequest) => Promise<Result<unknown>>;

const lineBytesMax = 262_144;
const connectionsMax = 32;
const answerMsMax = 30_000;
/** What fits into sockaddr_un on every system. */
const socketPathBytesMax = 100;

/** Open until the process ends. The caller holds the data directory, so that a socket found there is a dead node's. */
export async function serveControl(path: string, handle: ControlHandler): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    onLines(socket, (line) => void answer(socket, line, handle));
  });
  server.maxConnections = connectionsMax;
  rmSync(path, { force: true });
  await listen(server, path);
}

/** Null when no node listens there; `exited` when it ended before it answered (which is all that `drain` says). */
export async function askControl(path: string, request: ControlRequest): Promise<Result<unknown> | null> {
  const socket = await reach(path);
  if (socket === null) return null;
  return new Promise((resolve) => {
    socket.setTimeout(answerMsMax, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () =>
      resolve(failure({ code: 'exited', message: 'the node ended before it answered', retryable: true })),
    );
    onLines(socket, (line) => {
      resolve(JSON.parse(line) as Result<unknown>);
      socket.end();
    });
    socket.write(`${JSON.stringify(request)}\n`);
  });
}

async function answer(socket: Socket, line: string, handle: ControlHandler): Promise<void> {
  const request = parse(line);
  const result =
    request === null ? failure({ code: 'invalid', message: 'not a request', retryable: false }) : await handle(request);
  if (socket.writable) socket.write(`${JSON.stringify(result)}\n`);
}

function parse(line: string): ControlRequest | null {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || !('call' in value) || typeof value.call !== 'string')
      return null;
    return { call: value.call, request: 'request' in value ? value.request : {} };
  } catch {
    // Whoever may open the socket owns the directory; a line that is no JSON is answered and changes nothing.
    return null;
  }
}

function onLines(socket: Socket, take: (line: string) => void): void {
  let held = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    held += chunk;
    for (let end = held.indexOf('\n'); end >= 0; end = held.indexOf('\n')) {
      take(held.slice(0, end));
      held = held.slice(end + 1);
    }
    if (held.length > lineBytesMax) socket.destroy();
  });
}

/** The data directory is 0700; the umask makes the socket itself 0600 from its first moment. */
async function listen(server: Server, path: string): Promise<void> {
  const before = process.umask(0o177);
  try {
    await withShortPath(
      path,
      (short) => new Promise<void>((resolve, reject) => server.once('error', reject).listen(short, resolve)),
    );
  } finally {
    process.umask(before);
  }
}

async function reach(path: string): Promise<Socket | null> {
  return withShortPath(path, (short) => {
    const socket = connect(short);
    return new Promise((resolve, reject) => {
      socket.once('connect', () => resolve(socket.removeAllListeners('error')));
      socket.once('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(null);
        else reject(new UserError(`${path} cannot be reached: ${error.message}`));
      });
    });
  });
}

/** A path too long for a socket address goes by an open directory's number, which Linux offers as a path. */
async function withShortPath<T>(path: string, use: (path: string) => Promise<T>): Promise<T> {
  if (Buffer.byteLength(path) <= socketPathBytesMax) return use(path);
  const directory = openSync(dirname(path), 'r');
  try {
    return await use(`/proc/self/fd/${directory}/${basename(path)}`);
  } finally {
    closeSync(directory);
  }
}
