// Owns the operator's edge as one thing: made before the node, given to it as a behaviour, opened and drained by app/.
// It puts the parts of this folder together and does nothing itself.

import { createHmac } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { ActorNode, AnyBehaviour, LogLine } from '../runtime/mod.ts';
import { bridgeBehaviour } from './bridge.ts';
import { type EdgeClock, realClock } from './clock.ts';
import { type Counted, Counters } from './counters.ts';
import { Desks } from './desks.ts';
import { Domains } from './jid.ts';
import { Kept } from './kept.ts';
import { type XmppLimits, xmppLimits } from './limits.ts';
import { Listener, type ListenerOptions } from './listener.ts';
import type { LoginServices } from './login.ts';
import type { EdgeServices } from './services.ts';
import type { StreamPhase } from './stream.ts';
import { Throttle } from './throttle.ts';

export interface XmppEdgeOptions extends ListenerOptions {
  readonly domain: string;
  /** The node starts after the edge was made. */
  readonly node: () => Pick<ActorNode, 'call' | 'cast'>;
  readonly log: (line: LogLine) => void;
  readonly version?: string;
  readonly clock?: EdgeClock;
  readonly limits?: Partial<XmppLimits>;
}

export interface XmppEdgeStats {
  readonly connections: number;
  /** With a bound stream. */
  readonly operators: number;
  readonly streams: { readonly [phase in StreamPhase]: number };
  readonly counted: { readonly [name in Counted]: number };
}

export interface XmppEdge {
  /** The actor `bridge`: it lives on the edge thread and shares memory with the sockets. */
  readonly bridgeBehaviour: AnyBehaviour;
  listen(): Promise<{ readonly port: number; readonly tlsPort: number }>;
  /** A thread was lost: the operators' actors made anew are told who is there. */
  repeatLevels(): void;
  /** No new connections; every stream is told `system-shutdown` and closed. Resolves when they are gone. */
  drain(): Promise<void>;
  close(): Promise<void>;
  stats(): XmppEdgeStats;
}

const unknownVersion = '0';
const settledPollMs = 10;

export function createXmppEdge(options: XmppEdgeOptions): XmppEdge {
  const services = loginServices(options);
  const listener = new Listener(options, services);
  const drain = async () => {
    listener.stopListening();
    await settled(services);
    await listener.closeAll({ condition: 'system-shutdown' });
    services.desks.stop();
  };
  return {
    bridgeBehaviour: bridgeBehaviour(services),
    listen: () => listener.listen(),
    repeatLevels: () => services.desks.repeatLevelsSoon(),
    drain,
    close: drain,
    stats: () => {
      const operators = services.desks.all().filter((desk) => desk.streams.size > 0).length;
      const [streams, counted] = [listener.streams(), services.counters.all()];
      return { connections: listener.connections, operators, streams, counted };
    },
  };
}

/** What operators have said is committed and acknowledged before their streams are closed, if that takes a moment. */
async function settled({ desks, clock, limits }: LoginServices): Promise<void> {
  const deadline = clock.monotonic() + limits.closeMs;
  while (desks.pending > 0 && clock.monotonic() < deadline) await wait(settledPollMs);
}

function loginServices(options: XmppEdgeOptions): LoginServices {
  const limits: XmppLimits = { ...xmppLimits, ...options.limits };
  const clock = options.clock ?? realClock;
  const shared: EdgeServices = {
    domains: new Domains(options.domain),
    limits,
    clock,
    node: options.node,
    kept: new Kept(limits),
    counters: new Counters(),
    log: (level, message, fields = {}) => options.log({ level, message, thread: 'edge', fields }),
    version: options.version ?? unknownVersion,
  };
  const budget = { burst: limits.failuresPerAddressMax, perMinute: limits.failuresPerAddressPerMinute };
  return {
    ...shared,
    desks: new Desks(shared),
    failures: new Throttle(budget, () => clock.monotonic()),
    // The key file outlives a restart and nobody else has it, so stand-in salts stay the same and cannot be foreseen.
    standInSecret: createHmac('sha256', options.key).update('salts of operators who do not exist').digest(),
  };
}
