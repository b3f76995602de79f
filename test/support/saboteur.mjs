// Owns faults from within: loaded into a node before its own code (NODE_OPTIONS=--import), it makes the thread that talks
// to a certain port do what a broken client library does. The order is a file, read on SIGUSR2: { "port": 1, "deed": "spin" };
// or a worker thread, one of all that there are, ends at once: { "worker": 3 }.
// It knows nothing of Parla; which thread is meant is told by whom it has connected to.

import { readFileSync } from 'node:fs';
import net from 'node:net';
import { BroadcastChannel, isMainThread } from 'node:worker_threads';

const orders = new BroadcastChannel('sabotage');
orders.unref();

/** Bounded, so that a node that does not defend itself does not take the machine along. */
const heapObjectsMax = 40_000_000;
const bufferBytesMax = 2_000_000_000;
const bufferBytes = 8_000_000;
const spinMsMax = 20_000;

const kept = [];

const deeds = {
  throw: () => {
    throw new Error('sabotage: thrown in a callback');
  },
  reject: () => void Promise.reject(new Error('sabotage: a rejection that nobody handles')),
  emit: (sockets) => {
    for (const socket of sockets) socket.emit('error', new Error('sabotage: an error event'));
  },
  exit: () => process.exit(3),
  spin: () => {
    const end = performance.now() + spinMsMax;
    while (performance.now() < end);
  },
  leakHeap: () => {
    for (let i = 0; i < 200_000; i++) kept.push({ i, text: `leaked ${i}` });
    if (kept.length < heapObjectsMax) setTimeout(deeds.leakHeap, 1);
  },
  leakBuffers: () => {
    kept.push(Buffer.alloc(bufferBytes, 1));
    if (kept.length * bufferBytes < bufferBytesMax) setTimeout(deeds.leakBuffers, 1);
  },
};

if (isMainThread) {
  const workers = [];
  process.on('worker', (worker) => {
    workers.push(worker);
    worker.once('exit', () => workers.splice(workers.indexOf(worker), 1));
  });
  process.on('SIGUSR2', () => {
    const order = JSON.parse(readFileSync(process.env.PARLA_TEST_SABOTAGE ?? '', 'utf8'));
    if (order.worker === undefined) orders.postMessage(order);
    else workers[order.worker % workers.length]?.terminate();
  });
} else {
  const sockets = new Map();
  const connect = net.Socket.prototype.connect;
  net.Socket.prototype.connect = function (...words) {
    const options = Array.isArray(words[0]) ? words[0][0] : words[0];
    const port = Number(typeof options === 'object' ? options?.port : options);
    sockets.set(port, [...(sockets.get(port) ?? []).filter((socket) => !socket.destroyed), this]);
    return connect.apply(this, words);
  };
  orders.onmessage = ({ data: { port, deed } }) => {
    const own = sockets.get(port);
    // From the event loop, as a callback of the library itself would: no handler of anybody's is on the stack.
    if (own !== undefined) setImmediate(() => deeds[deed](own));
  };
}
