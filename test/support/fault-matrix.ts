// Owns the fault matrix: every fault for one backend, on a whole node with real servers, while visitors and operators chat.
// One line is printed for each cell. In each: the process lives on, what needs only a cache is answered in time, the
// backend is in use again within a second of the fault's end; and over all of them nothing acknowledged is lost or doubled.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sleep } from '../../bench/mod.ts';
import { garbage } from './fault-proxy.ts';
import { type BackendName, type Cell, type CellSeen, FaultStage, type FaultStageOptions } from './fault-stage.ts';
import { needs } from './needs.ts';

const faultMs = 2_500;
const stopMs = 10_000;
const killedMs = 5_000;
/** A leak is a fault until a limit ends it. */
const leakMs = 6_000;
const p99MsMax = 300;
const backMsMax = 1_000;
/** A leak is bounded by what ends its thread, not by the machine's memory. */
const residentMibMax = 1_200;
const firstBytes = 64;
const bogusLength = 0x8000_0000;

/** A length of 2 GiB where each protocol has one. */
const withBogusLength: { readonly [name in BackendName]: (reply: Buffer) => Buffer } = {
  memcached: (reply) => {
    const told = Buffer.from(reply);
    if (told.length >= 12) told.writeUInt32BE(bogusLength, 8);
    return told;
  },
  redis: (reply) => Buffer.concat([Buffer.from(`$${bogusLength}\r\n`), reply]),
  // The longest packet that MySQL knows has 16 MiB, and says that another follows.
  sql: (reply) => Buffer.concat([Buffer.from([0xff, 0xff, 0xff]), reply.subarray(3)]),
};

function line(one: CellSeen): string {
  const { backend, fault, cacheOnly, acknowledged, backMs, residentMib } = one;
  const back = backMs === null ? 'not back' : `${Math.round(backMs)}`;
  return [
    backend.padEnd(9),
    fault.padEnd(34),
    String(cacheOnly.count).padStart(6),
    cacheOnly.p99Ms.toFixed(0).padStart(6),
    cacheOnly.maxMs.toFixed(0).padStart(6),
    String(cacheOnly.refused).padStart(7),
    String(acknowledged).padStart(6),
    back.padStart(8),
    `${residentMib}`.padStart(8),
  ].join(' ');
}

const head = [
  'backend'.padEnd(9),
  'fault'.padEnd(34),
  'asked'.padStart(6),
  'p99 ms'.padStart(6),
  'max ms'.padStart(6),
  'refused'.padStart(7),
  'acked'.padStart(6),
  'back ms'.padStart(8),
  'RSS MiB'.padStart(8),
].join(' ');

export interface MoreFaults {
  readonly name: string;
  readonly begin: (stage: FaultStage) => Promise<void> | void;
  readonly end: (stage: FaultStage) => Promise<void> | void;
  /** Default 2.5 s; 0: it is over with its beginning. */
  readonly ms?: number;
  /** What has to hold when it is over and the backend is in use again. */
  readonly afterwards?: (stage: FaultStage) => Promise<void>;
}

/** Each fault is a test; `more`: what only this backend can suffer. */
export function faultMatrix(
  backend: BackendName,
  more: readonly MoreFaults[] = [],
  options: Partial<FaultStageOptions> = {},
): void {
  const skip = needs('sql-server', 'memcached', 'redis-server');
  const seen: CellSeen[] = [];

  describe(`while people chat, ${backend} fails and takes nothing along`, { skip }, () => {
    let stage: FaultStage;

    before(async () => {
      stage = await FaultStage.raise({ visitors: 24, operators: 3, messagesPerSecond: 6, ...options });
      await stage.begin();
      await sleep(1_000);
    });

    after(async () => {
      await stage.strike();
      process.stdout.write(`${[head, ...seen.map(line)].join('\n')}\n`);
    });

    async function holds(cell: Cell): Promise<void> {
      const one = await stage.play(cell);
      seen.push(one);
      const told = `\n${head}\n${line(one)}`;
      assert.ok(one.alive, `the node ended${told}\n${stage.target.output().slice(-3_000)}`);
      assert.ok(one.cacheOnly.count > 0, told);
      assert.equal(one.cacheOnly.refused, 0, `requests that need only a cache were refused${told}`);
      assert.ok(one.cacheOnly.p99Ms < p99MsMax, `they were slow${told}`);
      assert.ok(one.backMs !== null && one.backMs <= backMsMax, `the backend was not in use again in time${told}`);
      assert.ok(one.residentMib < residentMibMax, `memory grew${told}`);
    }

    const proxied = (name: string, fault: Parameters<FaultStage['proxied']>[1]) =>
      test(`${backend}: ${name}`, () => holds(stage.proxied(backend, fault, name, faultMs)));

    proxied('nobody listens', { type: 'absent' });
    proxied('takes connections and is silent', { type: 'silence' });
    proxied('is cut off without a word', { type: 'partition' });
    proxied('11 bytes of a reply, then silence', { type: 'cut', afterBytes: 11, ending: 'silence' });
    proxied('40 bytes of a reply, then silence', { type: 'cut', afterBytes: 40, ending: 'silence' });
    proxied('100 bytes of a reply, then silence', { type: 'cut', afterBytes: 100, ending: 'silence' });
    proxied('11 bytes of a reply, then the end', { type: 'cut', afterBytes: 11, ending: 'end' });
    proxied('garbage', { type: 'rewrite', reply: (reply) => garbage(Math.max(64, reply.length)) });
    proxied('a length of 2 GiB', { type: 'rewrite', reply: withBogusLength[backend] });
    proxied('every reply twice', { type: 'duplicate' });
    proxied('replies in the wrong order', { type: 'swap' });
    proxied('1.5 s slow', { type: 'slow', ms: 1_500 });

    test(`${backend}: reset at each of the first ${firstBytes} bytes of a reply`, async () => {
      const { proxy } = stage[backend];
      for (let afterBytes = 1; afterBytes <= firstBytes; afterBytes++) {
        await holds({
          backend,
          fault: `reset after ${afterBytes} bytes`,
          ms: 50,
          begin: async () => {
            await proxy.set({ type: 'cut', afterBytes, ending: 'reset' });
            // A fault that nobody meets proves nothing.
            for (const until = performance.now() + 5_000; proxy.harmed === 0 && performance.now() < until; )
              await sleep(5);
            assert.ok(proxy.harmed > 0, `no reply came in time to be reset after ${afterBytes} bytes`);
          },
          end: () => proxy.set({ type: 'none' }),
        });
      }
    });

    test(`${backend}: killed, and back after ${killedMs / 1_000} s`, () =>
      holds({
        backend,
        fault: 'kill -9',
        ms: killedMs,
        begin: () => stage[backend].backend.kill(),
        end: () => stage[backend].backend.start(),
      }));

    test(`${backend}: stopped for ${stopMs / 1_000} s`, () =>
      holds({
        backend,
        fault: 'SIGSTOP',
        ms: stopMs,
        begin: () => stage[backend].backend.pause(),
        end: () => stage[backend].backend.resume(),
      }));

    for (const deed of ['throw', 'emit', 'reject', 'exit', 'spin', 'leakHeap', 'leakBuffers'] as const) {
      test(`${backend}: in its own thread the client does this: ${deed}`, () =>
        holds(stage.sabotaged(backend, deed, deed.startsWith('leak') ? leakMs : faultMs)));
    }

    for (const { name, begin, end, ms = faultMs, afterwards } of more) {
      test(`${backend}: ${name}`, async () => {
        await holds({ backend, fault: name, ms, begin: () => begin(stage), end: () => end(stage) });
        await afterwards?.(stage);
      });
    }

    test('after all of it, every acknowledged message is in SQL once and was shown to its other side once, in order', async () => {
      assert.deepEqual(await stage.curtain(), []);
      assert.ok(stage.ledger.promised().size > 100, `only ${stage.ledger.promised().size} messages were acknowledged`);
    });
  });
}
