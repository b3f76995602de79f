// Owns the visitor's edge as a whole: it makes the parts, joins them, and runs their two sweeps.
// It holds no rule of its own; each is in the part that bears its name.

import type { VisitorLevel } from '../actors/mod.ts';
import type { Counter } from '../runtime/mod.ts';
import { type AdminCheck, adminCheck } from './admin.ts';
import { Assets, type Route } from './assets.ts';
import { Broadcast } from './broadcast.ts';
import { createClientAddresses } from './client-address.ts';
import { type Cancel, type Clock, systemClock } from './clock.ts';
import { createDispatcher } from './dispatch.ts';
import { Drain } from './drain.ts';
import { type EdgeNode, lateNode } from './edge-node.ts';
import { FreshVisitors } from './fresh-visitors.ts';
import { Guarded, type GuardedRoute } from './guarded.ts';
import { createHttpListener } from './http-listener.ts';
import { Levels } from './levels.ts';
import { defaultLimits, pollSweepMs, type RpcLimits, upkeepMs } from './limits.ts';
import type { Log } from './log.ts';
import { createMetrics, type EdgeGauges } from './metrics.ts';
import { type OutboxBehaviour, type OutboxCounts, outboxActor } from './outbox-actor.ts';
import { Outboxes } from './outboxes.ts';
import { Polls } from './polls.ts';
import { createRpcEndpoint } from './rpc-endpoint.ts';
import type { Services } from './services.ts';
import { Sites } from './sites.ts';
import { answerStatus, type Readiness } from './status-pages.ts';
import { createThrottle } from './throttle.ts';
import { createTokens } from './token.ts';
import { Visits } from './visits.ts';

export interface RpcEdgeOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Signs visitors' tokens; nodes that share visitors share it. */
  readonly secret: string;
  /** Still accepted, while an installation rotates. */
  readonly previousSecret?: string | null;
  readonly adminToken: string;
  /** Addresses and networks whose X-Forwarded-For counts. */
  readonly trustedProxies: readonly string[];
  readonly limits?: Partial<RpcLimits>;
  /** Asked for at each use: the node starts after the edge's own behaviours were made. */
  readonly node: () => EdgeNode;
  readonly log: Log;
  readonly clock?: Clock;
  readonly readiness: () => Readiness;
  /** More for `/metrics`, of other parts of the process: what ends in `_total` is a counter, all else a gauge. */
  readonly metricsExtra?: () => Promise<readonly Counter[]>;
}

export interface RpcEdge {
  /** Lives on the edge thread under the name `outbox`: it shares memory with the sockets. */
  readonly outboxBehaviour: OutboxBehaviour;
  /** Rejects with Node's own error (`code` EADDRINUSE) when the port is taken. */
  listen(): Promise<{ readonly port: number }>;
  addRoute(route: Route): void;
  /** Behind the admin token, as `/metrics` is. */
  addGuarded(route: GuardedRoute): void;
  /** After a thread was lost: sessions that were made anew learn who is here. */
  repeatLevels(): void;
  /** Resolves when no visitor waits for anything any more; the listener is still open, and says so to those who come. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

export function createRpcEdge(options: RpcEdgeOptions): RpcEdge {
  const clock = options.clock ?? systemClock;
  const limits: RpcLimits = { ...defaultLimits, ...options.limits };
  const core = createCore(options, { clock, limits });
  const { services, levels, drain, assets, guarded } = core;
  const listener = createHttpListener({
    host: options.host,
    port: options.port,
    connectionsMax: limits.connectionsMax,
    clock,
    handlers: handlersOf(options, core),
  });
  const sweeps: Cancel[] = [];
  return {
    outboxBehaviour: outboxActor({ ...services, levels, counts: core.counts }),
    async listen() {
      const bound = await listener.listen();
      sweeps.push(clock.every(pollSweepMs, () => services.polls.sweep()));
      sweeps.push(clock.every(upkeepMs, () => upkeep(core)));
      return bound;
    },
    addRoute: (route) => assets.add(route),
    addGuarded: (route) => guarded.add(route),
    repeatLevels: () => levels.repeat(services.outboxes.all()),
    drain: () => drain.drain(),
    async close() {
      for (const cancel of sweeps.splice(0)) cancel();
      services.polls.release(services.polls.size);
      await listener.close();
    },
  };
}

interface Core {
  readonly services: Services;
  readonly levels: Levels;
  readonly drain: Drain;
  readonly assets: Assets;
  readonly isAdmin: AdminCheck;
  readonly guarded: Guarded;
  readonly counts: OutboxCounts;
}

function createCore(options: RpcEdgeOptions, of: { readonly clock: Clock; readonly limits: RpcLimits }): Core {
  const { clock, limits } = of;
  const node = lateNode(options.node);
  const fresh = new FreshVisitors(clock);
  const levels = new Levels({ node, clock, fresh });
  const polls = new Polls(clock);
  const outboxes = new Outboxes(limits, (outbox) => {
    polls.dismiss(outbox);
    levels.tellGone(outbox);
    // He may be chatting through another node by now: what this process remembers of him is no proof any more.
    fresh.forget(outbox.session);
  });
  const sites = new Sites({ node, clock, onOnline: (site) => broadcast.announce(site) });
  const broadcast = new Broadcast({ clock, outboxes, polls, online: (site) => sites.peek(site)?.online ?? null });
  const visits = new Visits({ node, clock, outboxes, polls, fresh, sites, levels });
  const tokens = createTokens(options.secret, options.previousSecret ?? null);
  const throttle = createThrottle(limits, clock);
  const isAdmin = adminCheck(options.adminToken);
  const drain = new Drain({ clock, held: polls, visitors: () => levelsOf(outboxes).live });
  return {
    services: { node, clock, tokens, throttle, sites, fresh, outboxes, polls, visits },
    levels,
    drain,
    assets: new Assets(),
    isAdmin,
    guarded: new Guarded(isAdmin),
    counts: { added: 0, known: 0, gap: 0, nobody: 0 },
  };
}

function handlersOf(options: RpcEdgeOptions, core: Core) {
  const metrics = createMetrics();
  const { services, drain, assets, guarded, isAdmin } = core;
  const dispatcher = createDispatcher(services, { meter: metrics.meter, log: options.log });
  const addresses = createClientAddresses(options.trustedProxies);
  const endpoint = createRpcEndpoint({ dispatcher, addresses, drain, log: options.log });
  const status = {
    readiness: () => {
      const now = options.readiness();
      return { ...now, draining: now.draining || drain.draining };
    },
    isAdmin,
    metrics: async () => {
      const inspection = await services.node.inspect().catch((thrown: unknown) => {
        const reason = thrown instanceof Error ? thrown.message : 'unknown';
        options.log({ level: 'warn', message: 'metrics without those of the threads', fields: { reason } });
        return null;
      });
      const text = await metrics.text(gaugesOf(core), inspection, (await options.metricsExtra?.()) ?? []);
      return { contentType: metrics.contentType, text };
    },
  };
  return [
    (path: string, request: Parameters<typeof endpoint.handle>[0], response: Parameters<typeof endpoint.handle>[1]) => {
      if (path !== '/rpc') return false;
      endpoint.handle(request, response);
      return true;
    },
    assets.handle.bind(assets),
    guarded.handle.bind(guarded),
    (path, request, response) => answerStatus(status, path, request, response),
  ] satisfies Parameters<typeof createHttpListener>[0]['handlers'];
}

function upkeep({ services, levels }: Core): void {
  const now = services.clock.monotonic();
  for (const outbox of services.outboxes.all()) {
    outbox.log.trim(now);
    levels.update(outbox);
  }
  services.outboxes.upkeep(now);
}

function gaugesOf({ services, counts }: Core): EdgeGauges {
  const { polls, outboxes, throttle } = services;
  const { here, away, gone } = levelsOf(outboxes);
  return {
    pollsParked: polls.size,
    outboxes: outboxes.size,
    outboxBytes: outboxes.bytes,
    levels: { here, away, gone },
    throttled: throttle.refused,
    events: { ...counts },
    dropped: outboxes.dropped,
  };
}

function levelsOf(outboxes: Outboxes): { readonly [level in VisitorLevel | 'live']: number } {
  const count = { here: 0, away: 0, gone: 0 };
  for (const { told } of outboxes.all()) if (told !== null) count[told] += 1;
  return { ...count, live: count.here + count.away };
}
