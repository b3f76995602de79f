// Owns starting a real redis-server for a test.
// It knows nothing of what is kept there.

import { once } from 'node:events';
import { connect } from 'node:net';
import { type Backend, startBackend } from './server-process.ts';

export interface RedisBackend extends Backend {
  readonly url: string;
}

export interface RedisOptions {
  /** More of redis.conf, as `--name value`. */
  readonly settings?: readonly string[];
  readonly password?: string;
  /** Keeps its data over a kill: each write is in its append-only file before it is answered. */
  readonly durable?: boolean;
}

export async function startRedis({
  settings = [],
  password,
  durable = false,
}: RedisOptions = {}): Promise<RedisBackend> {
  const backend = await startBackend({
    name: 'redis-server',
    command: ({ port, directory }) => [
      'redis-server',
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', ''],
      ...['--appendonly', durable ? 'yes' : 'no', '--appendfsync', 'always'],
      ...(password === undefined ? [] : ['--requirepass', password]),
      ...settings,
    ],
    // `-LOADING` is a server that is up and not ready; `-NOAUTH` is one that is.
    ready: async ({ port }) => {
      const answer = await ping(port);
      if (!/^(\+PONG|-NOAUTH)/.test(answer)) throw new Error(`answered ${answer}`);
    },
  });
  const credentials = password === undefined ? '' : `:${encodeURIComponent(password)}@`;
  return Object.assign(backend, { url: `redis://${credentials}${backend.host}:${backend.port}` });
}

async function ping(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write('PING\r\n');
    const [answer] = await once(socket, 'data');
    return String(answer);
  } finally {
    socket.destroy();
  }
}
