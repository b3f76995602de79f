// Owns doctor's look at a memcached server, in its text protocol: memjs has no word for its settings.
// It reads numbers and settings only, no key and no value, and it changes nothing.

import { connect, type Socket } from 'node:net';
import { errorKind, GateError } from '../gate/mod.ts';
import { valueBytesMax } from '../memcached/server.ts';
import { type BackendFinding, type Say, sayOf } from './finding.ts';
import { isLoopback, ProbeTimeout, probe } from './probe.ts';

export interface MemcachedFacts {
  readonly target: string;
  readonly connectMs: number;
  readonly version: string;
  readonly itemBytesMax: number;
  readonly bytesMax: number;
  readonly bytes: number;
  readonly evictions: number;
  /** `NULL`: every address that the machine has. */
  readonly listens: string;
  readonly authenticates: boolean;
  readonly protocol: string;
}

const replyBytesMax = 65_536;
const mebibyte = 1_024 * 1_024;
const version = /^VERSION (\S{1,40})\r\n/;

export async function examineMemcached(
  servers: readonly { readonly host: string; readonly port: number }[],
): Promise<readonly BackendFinding[]> {
  const found = await Promise.all(servers.map(examineOne));
  return found.flat();
}

async function examineOne(at: { readonly host: string; readonly port: number }): Promise<readonly BackendFinding[]> {
  const target = `${at.host.includes(':') ? `[${at.host}]` : at.host}:${at.port}`;
  const say = sayOf(`memcached ${target}`);
  try {
    return memcachedFindings(await probe((opened) => memcachedFacts({ ...at, target }, opened)), say);
  } catch (error) {
    const advice = 'look at PARLA_MEMCACHED, and whether the server runs; without it chat goes on, only slower';
    const kind = error instanceof ProbeTimeout ? error.message : errorKind(error);
    return [say.fail('connection', kind === 'notMemcached' ? 'what answers there is no memcached' : kind, { advice })];
  }
}

/** The rules alone. */
export function memcachedFindings(facts: MemcachedFacts, say: Say): readonly BackendFinding[] {
  return [
    say.pass('connection', `answers in ${facts.connectMs} ms`, { value: facts.connectMs }),
    protocolFinding(say, facts),
    itemFinding(say, facts),
    memoryFinding(say, facts),
    accessFinding(say, facts),
  ];
}

function protocolFinding(say: Say, { version, protocol }: MemcachedFacts): BackendFinding {
  if (protocol !== 'ascii') return say.pass('version', version, { value: version });
  const message = `${version} speaks the text protocol only, and Parla the binary one`;
  return say.fail('version', message, { value: protocol, advice: 'start it without -B ascii' });
}

function itemFinding(say: Say, { itemBytesMax }: MemcachedFacts): BackendFinding {
  const message = `values of up to ${mebibytes(itemBytesMax)}`;
  if (itemBytesMax > valueBytesMax) return say.pass('item size', message, { value: itemBytesMax });
  return say.warn('item size', `${message}: larger copies are not kept`, {
    value: itemBytesMax,
    advice: 'start it with -I 1m',
  });
}

function memoryFinding(say: Say, { bytes, bytesMax, evictions }: MemcachedFacts): BackendFinding {
  const message = `${mebibytes(bytes)} of ${mebibytes(bytesMax)} in use, ${evictions} evictions since it started`;
  if (evictions === 0) return say.pass('memory', message, { value: evictions });
  const advice = 'give it more (-m): what it drops is read from Redis or the database';
  return say.warn('memory', message, { value: evictions, advice });
}

function accessFinding(say: Say, { listens, authenticates }: MemcachedFacts): BackendFinding {
  const addresses = listens === 'NULL' || listens === '' ? ['every address'] : listens.split(',');
  const others = addresses.filter((address) => !isLoopback(hostIn(address)));
  if (others.length === 0) return say.pass('access', `listens on ${addresses.join(', ')} only`, { value: listens });
  if (authenticates)
    return say.pass('access', `listens on ${others.join(', ')}, and asks who comes`, { value: listens });
  const message = `listens on ${others.join(', ')} without authentication: whoever reaches it reads and writes sessions`;
  return say.warn('access', message, { value: listens, advice: 'bind it to a private address (-l) behind a firewall' });
}

/** It may say a port too. */
function hostIn(address: string): string {
  return /^\[(.+)\](?::\d+)?$/.exec(address)?.[1] ?? address.replace(/^([\d.]+|[a-z][\w.-]*):\d+$/i, '$1');
}

async function memcachedFacts(
  { host, port, target }: { readonly host: string; readonly port: number; readonly target: string },
  opened: (end: () => void) => void,
): Promise<MemcachedFacts> {
  const began = performance.now();
  const socket = connect({ host, port });
  opened(() => socket.destroy());
  const text = await replies(socket);
  const connectMs = Math.max(1, Math.round(performance.now() - began));
  const said = [...text.matchAll(/^STAT (\S+) (.*)\r$/gm)];
  // Its settings bear some of the names of its figures, which come first.
  const stats = new Map(said.toReversed().map(([, name = '', value = '']) => [name, value]));
  const number = (name: string) => Number(stats.get(name) ?? 0);
  return {
    target,
    connectMs,
    version: version.exec(text)?.[1] ?? 'unknown',
    itemBytesMax: number('item_size_max'),
    bytesMax: number('limit_maxbytes'),
    bytes: number('bytes'),
    evictions: number('evictions'),
    listens: stats.get('inter') ?? '',
    authenticates: stats.get('auth_enabled_sasl') === 'yes' || stats.get('auth_enabled_ascii') === 'yes',
    protocol: stats.get('binding_protocol') ?? 'unknown',
  };
}

/** Its version, its figures and its settings, in this order: both lists close with END. */
function replies(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.on('error', reject);
    socket.on('close', () => reject(new GateError('connectionClosed', 'memcached closed the connection')));
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
      const isOurs = text.length < 8 || text.startsWith('VERSION ');
      if (!isOurs || text.length > replyBytesMax) reject(new GateError('notMemcached', 'it is no memcached'));
      else if (text.split('\r\nEND\r\n').length > 2) resolve(text);
    });
    socket.write('version\r\nstats\r\nstats settings\r\n');
  });
}

function mebibytes(bytes: number): string {
  return `${Math.round((bytes / mebibyte) * 10) / 10} MiB`;
}
