// Owns one client of Redis for one life: made, waited for, and destroyed with every socket it has.
// It never reconnects, but to a lost node of a Cluster: the gate makes a new one after a rest, so that nothing of the old
// one is ever read again.

import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis';
import { GateError } from '../gate/mod.ts';
import { isReadOnly, nodeLost } from './errors.ts';
import { type Asked, type RedisClient, runScript, type Script } from './scripts.ts';
import type { RedisPlace } from './url.ts';

const connectMsMax = 250;
/** Within a Cluster only, where one silent node must not cost the connections to the others. */
const clusterCommandMsMax = 200;
const sentinelAnswerMsMax = 200;
const slotsEveryMs = 2_000;
/** A silent node keeps its slots until somebody looks; who was lost to it looks, but no more often than this. */
const slotsAfterLossMs = 200;
/**
 * A lost node of a Cluster stays known as lost for a while, so that who needs it fails at once. Without it each such call
 * asked another node where to go and then connected anew: 40 connections a second with 16 callers (measured).
 */
const nodeAgainMs = 250;
const nodeAgainMax = 20;
/**
 * A master that has become a replica keeps its connections. Where the address leads to (a name, a Sentinel's answer)
 * may have changed: it is asked again, but no more often than this.
 */
const demotedMsMin = 2_000;

const address = /^[\d.]+$|:/;

const common = {
  connectTimeout: connectMsMax,
  // What still closes is destroyed by `destroy`; this is for what the client closes by itself.
  disconnectTimeout: 50,
  // A call that cannot be sent now fails now; the gate has the deadlines.
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  retryStrategy: () => null,
  // A server that is loading says so to whoever asks, and that is an answer.
  enableReadyCheck: false,
  disableClientInfo: true,
} satisfies RedisOptions;

export class RedisConnection {
  readonly #client: RedisClient;
  readonly #ready: Promise<void>;
  readonly #madeAt = performance.now();
  readonly #mayMove: boolean;
  #words = 0;
  #slotsAt = Number.NEGATIVE_INFINITY;
  #looking: NodeJS.Timeout | undefined;
  #destroyed = false;

  constructor(place: RedisPlace, failed: (error: unknown) => void) {
    this.#mayMove = place.type !== 'cluster';
    const client = clientOf(place);
    this.#client = client;
    this.#ready = new Promise((resolve, reject) => {
      const lost = (error: unknown) => {
        failed(error);
        reject(error);
      };
      client.on('ready', () => {
        // A destroyed client says it too, when an answer was on its way.
        if (client instanceof Cluster && !this.#destroyed)
          this.#looking = setInterval(() => this.#lookForSlots(client), slotsEveryMs);
        resolve();
      });
      // It stays for ever: what a destroyed client still emits must not end the thread.
      client.on('error', lost);
      client.on('end', () => lost(new GateError('ENDED', 'the connection has ended')));
    });
    // Whoever runs something hears it; that nobody did so far must not end the thread.
    this.#ready.catch(() => undefined);
  }

  /** Rejects with what Redis said, or with what became of the connection. */
  async run<T>(work: (client: RedisClient) => Promise<T>): Promise<T> {
    await this.#ready;
    try {
      return await work(this.#client);
    } catch (error) {
      if (isReadOnly(error) && this.#mayMove && performance.now() - this.#madeAt > demotedMsMin)
        throw new GateError('READONLY', 'this master has become a replica');
      if (this.#client instanceof Cluster && isConnectionLoss(error)) {
        this.#lookForSlots(this.#client);
        throw new GateError(nodeLost, 'a node of the Cluster was lost');
      }
      throw error;
    }
  }

  /** Each request has a word of its own, which its reply must begin with. */
  script(script: Script, asked: Asked): Promise<readonly unknown[]> {
    this.#words += 1;
    const word = String(this.#words);
    return this.run((client) => runScript(client, script, { ...asked, word }));
  }

  #lookForSlots(cluster: Cluster): void {
    const now = performance.now();
    if (now - this.#slotsAt < slotsAfterLossMs) return;
    this.#slotsAt = now;
    cluster.refreshSlotsCache();
  }

  destroy(): void {
    this.#destroyed = true;
    clearInterval(this.#looking);
    const client = this.#client;
    const sockets = client instanceof Cluster ? client.nodes('all') : [client];
    for (const one of sockets) destroySocket(one);
    client.disconnect();
    for (const one of sockets) destroySocket(one);
  }
}

function clientOf(place: RedisPlace): RedisClient {
  const { username, password, tls } = place;
  const credentials = { ...(username === null ? {} : { username }), ...(password === null ? {} : { password }) };
  const options = { ...common, ...credentials, ...(tls ? { tls: {} } : {}) };
  switch (place.type) {
    case 'server': {
      // An address is no name that a certificate could be asked for.
      const named = tls && !address.test(place.at.host) ? { tls: { servername: place.at.host } } : {};
      return new Redis({ ...options, ...place.at, db: place.database, ...named });
    }
    case 'sentinel':
      return new Redis({
        ...options,
        sentinels: place.sentinels.map((at) => ({ ...at })),
        name: place.master,
        role: 'master',
        sentinelCommandTimeout: sentinelAnswerMsMax,
        sentinelRetryStrategy: () => null,
        ...(tls ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
      });
    case 'cluster':
      return new Cluster(
        place.nodes.map((at) => ({ ...at })),
        // As it was named: a certificate may be for the name and not for the address.
        { ...clusterOptions(options), ...(tls ? { dnsLookup: (host, told) => told(null, host) } : {}) },
      );
  }
}

function clusterOptions({ enableOfflineQueue: _, retryStrategy: __, ...nodes }: typeof common) {
  return {
    redisOptions: { ...nodes, commandTimeout: clusterCommandMsMax },
    enableOfflineQueue: false,
    enableReadyCheck: false,
    clusterRetryStrategy: () => null,
    clusterNodeRetryStrategy: (times) => (times <= nodeAgainMax ? nodeAgainMs : null),
    maxRedirections: 3,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    retryDelayOnTryAgain: 20,
    slotsRefreshTimeout: clusterCommandMsMax,
    // Its own timer is set anew after each look, also when the client was destroyed meanwhile, and then runs for ever.
    slotsRefreshInterval: 0,
    scaleReads: 'master',
  } satisfies ClusterOptions;
}

/** ioredis has no word for it: `disconnect` waits for the other side, which may be silent. */
function destroySocket(client: object): void {
  if ('stream' in client && isDestroyable(client.stream)) client.stream.destroy();
}

function isDestroyable(stream: unknown): stream is { destroy(): void } {
  return typeof stream === 'object' && stream !== null && 'destroy' in stream && typeof stream.destroy === 'function';
}

function isConnectionLoss(error: unknown): boolean {
  return error instanceof Error && error.name !== 'ReplyError' && !(error instanceof GateError);
}
