// Owns the actors that the runtime's own tests use, on this thread and on real ones.
// They know nothing of chat; each does one thing that a test needs to see.

import { pbkdf2Sync } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import {
  type Address,
  type AnyBehaviour,
  allowBlocking,
  defineBehaviour,
  type ExitReason,
  type From,
  type Info,
  InitFailed,
  type Pid,
  passivate,
  refuse,
  reply,
  stop,
} from '../../runtime/mod.ts';
import { clerk, heir } from './runtime-otp.ts';
import { relative, witness } from './runtime-relatives.ts';

export type CounterProtocol = {
  calls: {
    add: { request: { readonly by: number }; answer: number };
    read: { request: null; answer: number };
    where: { request: null; answer: { readonly pid: Pid; readonly key: string | null; readonly restarts: number } };
    later: { request: null; answer: string };
    never: { request: null; answer: null };
    slow: { request: { readonly turns: number }; answer: string };
    refused: { request: null; answer: null };
    crash: { request: null; answer: null };
    /** Spins; `allowedMs` above 0 is told to the watchdog first. */
    block: { request: { readonly ms: number; readonly allowedMs: number }; answer: string };
    /** Uses so much CPU time, however long the machine takes for it. */
    work: { request: { readonly cpuMs: number }; answer: string };
    /** The kernel's number of the thread. */
    task: { request: null; answer: string };
    /** Stays in native code about so long, which ending the thread does not interrupt. */
    native: { request: { readonly ms: number }; answer: string };
  };
  casts: {
    add: { readonly by: number };
    answerLater: null;
    crash: { readonly message: string };
    end: { readonly reason: ExitReason };
    passivate: null;
    spin: null;
    /** A regular expression that looks back for ever. */
    backtrack: null;
    waitForEver: null;
    /** In native code, about so long. */
    native: { readonly ms: number };
    exitProcess: null;
    throwLater: null;
    rejectLater: null;
    hoard: { readonly heapBytes: number; readonly bufferBytes: number };
    /** Buffers without an end, and without ever giving way. */
    hoardForEver: null;
  };
};

interface CounterState {
  count: number;
  readonly waiting: From<string>[];
  readonly hoard: unknown[];
}

export const counter = defineBehaviour<CounterProtocol, { readonly from?: number }, CounterState>({
  name: 'counter',
  init: (args) => ({ count: args?.from ?? 0, waiting: [], hoard: [] }),
  calls: {
    add: (state, { by }) => {
      state.count += by;
      return reply(state.count);
    },
    read: (state) => reply(state.count),
    where: (_state, _request, { self, key, restarts }) => reply({ pid: self, key, restarts }),
    later: (state, _request, _context, from) => {
      state.waiting.push(from);
      return undefined;
    },
    never: () => undefined,
    slow: async (_state, { turns }) => {
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
      return reply('slow');
    },
    refused: () => refuse({ code: 'closed', message: 'not today', retryable: false, data: { hours: 9 } }),
    crash: () => {
      throw new RangeError('asked to crash');
    },
    block: (_state, { ms, allowedMs }) => {
      const done = allowedMs > 0 ? allowBlocking(allowedMs) : () => undefined;
      const end = performance.now() + ms;
      while (performance.now() < end);
      done();
      return reply('blocked');
    },
    work: (_state, { cpuMs: ms }) => {
      const end = cpuMs() + ms;
      while (cpuMs() < end);
      return reply('worked');
    },
    task: () => reply(basename(readlinkSync('/proc/thread-self'))),
    native: (_state, { ms }) => {
      stayInNativeCode(ms);
      return reply('done');
    },
  },
  casts: {
    add: (state, { by }) => {
      state.count += by;
    },
    answerLater: (state, _message, context) => {
      for (const from of state.waiting.splice(0)) context.reply(from, 'at last');
    },
    crash: (_state, { message }) => {
      throw new RangeError(message);
    },
    end: (_state, { reason }) => stop(reason),
    passivate: () => passivate,
    spin: () => {
      for (;;);
    },
    backtrack: () => {
      /^(a+)+$/.test(`${'a'.repeat(60)}!`);
    },
    waitForEver: () => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    },
    native: (_state, { ms }) => stayInNativeCode(ms),
    exitProcess: () => process.exit(3),
    throwLater: () => {
      setTimeout(() => {
        throw new Error('thrown in a timer');
      }, 1);
    },
    rejectLater: () => {
      void Promise.reject(new Error('rejected without an owner'));
    },
    hoardForEver: (state) => {
      const bytesEach = 1024 ** 2;
      for (;;) state.hoard.push(Buffer.alloc(bytesEach, 1));
    },
    hoard: (state, { heapBytes, bufferBytes }) => {
      if (bufferBytes > 0) state.hoard.push(Buffer.alloc(bufferBytes));
      // The collector works hard near the limit: without this it would be taken for an endless loop.
      if (heapBytes > 0) allowBlocking(Number.POSITIVE_INFINITY);
      const bytesPerItem = 8;
      const itemsEach = 100_000;
      for (let bytes = 0; bytes < heapBytes; bytes += itemsEach * bytesPerItem) {
        state.hoard.push(Array.from({ length: itemsEach }, (_, i) => i + 0.5));
      }
    },
  },
});

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** Measured by CPU time: on a crowded machine a probe takes longer, and the call then only seems to. */
function stayInNativeCode(ms: number): void {
  // The kernel counts CPU time in ticks of up to 10 ms.
  const probeMs = 50;
  const probe = 5_000;
  const before = cpuMs();
  let probes = 0;
  for (; cpuMs() - before < probeMs; probes++) pbkdf2Sync('p', 's', probe, 32, 'sha256');
  const each = (cpuMs() - before) / (probes * probe);
  pbkdf2Sync('p', 's', Math.ceil(ms / each), 32, 'sha256');
}

export type RecorderProtocol = {
  calls: {
    log: { request: null; answer: readonly string[] };
    ask: { request: { readonly to: Address<CounterProtocol>; readonly deadlineMs?: number }; answer: string };
    askNever: { request: { readonly to: Address<CounterProtocol> }; answer: string };
    monitor: { request: { readonly to: Address }; answer: number };
    demonitor: { request: { readonly ref: number }; answer: null };
    link: { request: { readonly to: Pid }; answer: null };
    unlink: { request: { readonly to: Pid }; answer: null };
    trap: { request: null; answer: null };
    register: { request: { readonly name: string }; answer: boolean };
    unregister: { request: { readonly name: string }; answer: null };
    join: { request: { readonly group: string }; answer: null };
    leave: { request: { readonly group: string }; answer: null };
    members: { request: { readonly group: string }; answer: readonly Pid[] };
    whereis: { request: { readonly name: string }; answer: Pid | null };
    self: { request: null; answer: Pid };
    odd: { request: null; answer: null };
  };
  casts: {
    note: { readonly text: string };
    exit: { readonly to: Pid; readonly reason: ExitReason };
    timer: { readonly ms: number; readonly lenient?: boolean };
    cancel: null;
    forward: { readonly to: Address<CounterProtocol>; readonly times: number };
    odd: null;
  };
};

/** Notes everything that it is told, with the monotonic time of timers. */
export const recorder = defineBehaviour<RecorderProtocol, null, string[]>({
  name: 'recorder',
  init: () => [],
  calls: {
    log: (state) => reply([...state]),
    ask: async (_state, { to, deadlineMs }, context) => {
      const options = deadlineMs === undefined ? {} : { deadlineMs };
      const result = await context.call<CounterProtocol, 'add'>(to, 'add', { by: 1 }, options);
      return reply(result.ok ? `ok ${result.value}` : result.error.code);
    },
    askNever: async (_state, { to }, context) => {
      const result = await context.call<CounterProtocol, 'never'>(to, 'never', null);
      return reply(result.ok ? 'ok' : result.error.code);
    },
    monitor: (_state, { to }, context) => reply(context.monitor(to)),
    demonitor: (_state, { ref }, context) => {
      context.demonitor(ref);
      return reply(null);
    },
    link: (_state, { to }, context) => {
      context.link(to);
      return reply(null);
    },
    unlink: (_state, { to }, context) => {
      context.unlink(to);
      return reply(null);
    },
    trap: (_state, _request, context) => {
      context.trapExit();
      return reply(null);
    },
    register: async (_state, { name }, context) => reply(await context.register(name)),
    unregister: (_state, { name }, context) => {
      context.unregister(name);
      return reply(null);
    },
    join: (_state, { group }, context) => {
      context.joinGroup(group);
      return reply(null);
    },
    leave: (_state, { group }, context) => {
      context.leaveGroup(group);
      return reply(null);
    },
    members: (_state, { group }, context) => reply(context.groupMembers(group)),
    whereis: (_state, { name }, context) => reply(context.whereis(name)),
    self: (_state, _request, { self }) => reply(self),
    odd: () => 'an odd outcome' as never,
  },
  casts: {
    note: (state, { text }) => {
      state.push(text);
    },
    exit: (_state, { to, reason }, context) => context.exit(to, reason),
    timer: (_state, { ms, lenient = false }, context) => context.startTimer('ring', ms, { lenient }),
    cancel: (_state, _message, context) => context.cancelTimer('ring'),
    forward: (_state, { to, times }, context) => {
      for (let i = 0; i < times; i++) context.cast<CounterProtocol, 'add'>(to, 'add', { by: 1 });
    },
    odd: () => ({ outcome: 'odd' }) as never,
  },
  timers: {
    ring: (state, context) => {
      state.push(`ring ${context.monotonic()}`);
    },
  },
  info: (state, info) => {
    state.push(infoText(info));
  },
});

function infoText(info: Info): string {
  const reason = typeof info.reason === 'string' ? info.reason : Object.keys(info.reason)[0];
  return info.type === 'down' ? `down ${info.ref} ${reason}` : `exit ${info.pid.serial} ${reason}`;
}

/** Its init fails as its arguments say. */
export const failing = defineBehaviour<
  { calls: { hello: { request: null; answer: string } }; casts: { hello: null } },
  { readonly how: 'throw' | 'fail' | 'hang' | 'never' },
  null
>({
  name: 'failing',
  init: async ({ how }) => {
    await null;
    if (how === 'throw') throw new TypeError('init threw');
    if (how === 'fail') throw new InitFailed({ code: 'unavailable', message: 'the store is down', retryable: true });
    if (how === 'hang') await new Promise(() => undefined);
    return null;
  },
  calls: { hello: () => reply('hello') },
  casts: { hello: () => undefined },
});

export const testBehaviours: readonly AnyBehaviour[] = [counter, recorder, failing, relative, witness, heir, clerk];
