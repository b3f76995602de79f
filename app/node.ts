// Owns a node's start and stop: data directory, database, threads and tree, listeners, first accounts, then ready.
// Each part says how it stops as soon as it is there, so that a failed start leaves nothing behind.

import { extname, join } from 'node:path';
import { chatBehaviours, chatFamilies } from '../actors/mod.ts';
import { createRpcEdge, type RpcEdge } from '../rpc/mod.ts';
import { type ActorNode, type Counter, startNode, systemClock, type ThreadEvent } from '../runtime/mod.ts';
import { storeBehaviours } from '../stores/mod.ts';
import { createXmppEdge, type XmppEdge, type XmppEdgeStats } from '../xmpp/mod.ts';
import { type Backends, backendsOf } from './backends.ts';
import { type Certificate, certificate } from './certificate.ts';
import type { Config } from './config.ts';
import { serveControl } from './control.ts';
import { controlHandler } from './control-handler.ts';
import { type HeldDataDir, holdDataDir } from './data-dir.ts';
import { openDatabase } from './database.ts';
import { nodeDesk } from './desk.ts';
import { installExit } from './exit.ts';
import { FirstAccounts } from './first-accounts.ts';
import { Health } from './health.ts';
import { sharesDisk } from './journal-disk.ts';
import { portError } from './listening.ts';
import type { Log } from './log.ts';
import { Observatory } from './observer/observatory.ts';
import { observerRoutes } from './observer/routes.ts';
import type { Ports, Ready } from './ready.ts';
import { secretFile } from './secret-file.ts';
import { Stops } from './stops.ts';
import { gateNames, gates, tree } from './tree.ts';
import { buildWebAssets } from './web-assets.ts';

interface Place {
  readonly config: Config;
  readonly log: Log;
  readonly directory: HeldDataDir;
  readonly stops: Stops;
  readonly health: Health;
  readonly fatal: (why: string, fields?: { readonly [name: string]: unknown }) => void;
}

interface Edges {
  readonly rpc: RpcEdge;
  readonly xmpp: XmppEdge;
}

const levelsAgainMs = 2_000;
const onOneDisk =
  'the journal is on the same disk as the database: it protects messages from a database that is held or failed, not from a disk that is full or lost';

/** Resolves when the node is ready; from then on it lives until it is told to drain. */
export async function startParla(config: Config, log: Log): Promise<Ready> {
  const stops = new Stops(log);
  const exit = installExit(() => stops.run(), log);
  try {
    const directory = holdDataDir(config, 'start');
    stops.push('data directory', () => directory.release());
    const health = new Health();
    const place: Place = { config, log, directory, stops, health, fatal: exit.fatal };
    const { ready, node, observatory } = await startParts(place);
    await serveControl(
      directory.controlSocket,
      controlHandler({ node, observatory, drain: () => exit.drain('a command') }),
    );
    stops.push('readiness', () => health.drain());
    return ready;
  } catch (error) {
    await stops.run();
    throw error;
  }
}

interface Parts {
  readonly ready: Ready;
  readonly node: ActorNode;
  readonly observatory: Observatory;
}

async function startParts(place: Place): Promise<Parts> {
  const { config, directory, log, stops, health } = place;
  const backends = backendsOf(config, directory);
  await prepareDatabase(place, backends);
  const tls = await certificate(config, directory);
  const late: { node?: ActorNode } = {};
  const edges = makeEdges(place, tls, () => late.node ?? notStarted());
  const node = await startThreads(place, edges, backends);
  late.node = node;
  stops.push('health', () => health.stop());
  await health.start(node, gateNames);
  const observatory = new Observatory({
    node,
    clock: systemClock(),
    gates: async () => ({ gates: await health.gates(), silent: health.silent }),
  });
  await addPages(place, edges.rpc, { node, observatory });
  const ports = await listen(place, edges);
  const accounts = new FirstAccounts(nodeDesk(node), directory, log);
  stops.push('first accounts', () => accounts.stop());
  const first = await accounts.make();
  const adminTokenFile = config.adminToken === undefined ? join(directory.path, 'admin-token') : null;
  return { node, observatory, ready: { config, ports, first, selfSigned: tls.selfSigned, adminTokenFile } };
}

/** A file that is damaged or from a newer version is told of at once; a server that does not answer is waited for. */
async function prepareDatabase({ directory, log }: Place, backends: Backends): Promise<void> {
  if (backends.database.engine !== 'sqlite') return;
  const opened = await openDatabase(directory);
  opened.close();
  log.write({ level: 'info', message: 'the database is ready', fields: { ...opened.migrated } });
  if (sharesDisk(backends)) log.write({ level: 'info', message: onOneDisk });
}

function makeEdges({ config, directory, log, health }: Place, tls: Certificate, node: () => ActorNode): Edges {
  const rpc = createRpcEdge({
    host: config.host,
    port: config.httpPort,
    secret: config.secret ?? secretFile(join(directory.path, 'secret')),
    previousSecret: config.previousSecret ?? null,
    adminToken: config.adminToken ?? secretFile(join(directory.path, 'admin-token')),
    trustedProxies: config.trustedProxies,
    limits: {
      messagesPerMinute: config.messagesPerMinute,
      messagesBurst: config.messagesBurst,
      rpcsPerSecond: config.rpcsPerSecond,
      opensPerAddressPerSecond: config.opensPerAddress,
      opensPerSitePerSecond: config.opensPerSite,
      outboxesMax: config.sessionsMax,
    },
    node,
    log: log.write,
    readiness: () => health.readiness(),
    metricsExtra: async () => [...jabberNumbers(xmpp.stats()), ...(await health.numbers())],
  });
  const xmpp = createXmppEdge({
    host: config.host,
    port: config.xmppPort,
    tlsPort: config.xmppsPort,
    domain: config.xmppDomain,
    plaintext: config.xmppPlaintext,
    cert: tls.cert,
    key: tls.key,
    node,
    log: log.write,
  });
  return { rpc, xmpp };
}

async function startThreads(
  { config, log, stops, fatal }: Place,
  edges: Edges,
  backends: Backends,
): Promise<ActorNode> {
  const onThread = ({ type, thread }: ThreadEvent) => {
    // What was lost, and why, is the runtime's to say.
    if (type === 'up') log.write({ level: 'info', message: 'thread up', thread });
    repeatLevels(edges);
    // Once more for who was made before what he needs was back on the new thread.
    if (type === 'up') setTimeout(() => repeatLevels(edges), levelsAgainMs).unref();
  };
  const node = await startNode({
    node: config.node,
    threadEntry: import.meta.resolve(`./thread${extname(import.meta.filename)}`),
    behaviours: [...chatBehaviours, ...storeBehaviours, edges.rpc.outboxBehaviour, edges.xmpp.bridgeBehaviour],
    schedulers: config.threads,
    gates: gates(backends),
    families: chatFamilies,
    tree: tree(backends),
    log: log.write,
    onThread,
    onFatal: (reason) => fatal('the supervision tree gave up', { reason }),
  });
  stops.push('threads and tree', () => node.stop());
  return node;
}

async function addPages({ directory }: Place, rpc: RpcEdge, parts: Omit<Parts, 'ready'>): Promise<void> {
  const assets = await buildWebAssets({ cacheDir: join(directory.path, 'web') });
  for (const asset of assets.filter(({ guarded }) => !guarded)) rpc.addRoute(asset);
  const guarded = assets.filter((asset) => asset.guarded);
  for (const route of observerRoutes({ ...parts, assets: guarded })) rpc.addGuarded(route);
}

async function listen({ config, stops }: Place, { rpc, xmpp }: Edges): Promise<Ports> {
  // Before it listens: of its two ports the second may be the busy one.
  stops.push('Jabber streams', () => xmpp.close());
  const jabber = await xmpp.listen().catch((error: unknown) => {
    throw portError(error, config, ['xmppPort', 'xmppsPort']);
  });
  const http = await rpc.listen().catch((error: unknown) => {
    throw portError(error, config, ['httpPort']);
  });
  stops.push('HTTP', async () => {
    await rpc.drain();
    await rpc.close();
  });
  return { http: http.port, xmpp: jabber.port, xmpps: jabber.tlsPort };
}

/** Who is here, said again to actors that were made anew. */
function repeatLevels({ rpc, xmpp }: Edges): void {
  rpc.repeatLevels();
  xmpp.repeatLevels();
}

/** What the Jabber edge knows of itself, for /metrics, which rpc/ serves. */
function jabberNumbers({ counted, streams, operators }: XmppEdgeStats): readonly Counter[] {
  return [
    ...Object.entries(counted).map(([event, value]) => ({ metric: 'xmpp_events_total', labels: { event }, value })),
    ...Object.entries(streams).map(([state, value]) => ({ metric: 'xmpp_streams', labels: { state }, value })),
    { metric: 'xmpp_operators', labels: {}, value: operators },
  ];
}

function notStarted(): never {
  throw new Error('the actors have not started yet');
}
