// Owns the other end of the shared rings for the table: counts what arrives, answers what asks.
// It is as little as a reader can be; a runtime would do more with each message.

import { parentPort, workerData } from 'node:worker_threads';
import { Ring } from './shared-ring.ts';

const { there, back } = workerData as { readonly there: SharedArrayBuffer; readonly back: SharedArrayBuffer };
const out = new Ring(back);
let counted = 0;

// A wait in shared memory does not keep the event loop alive; a port that is listened to does.
parentPort?.on('message', () => undefined);
new Ring(there).poll((text) => {
  if (text === '?') out.send(String(counted));
  else if (text.startsWith('[')) counted += (JSON.parse(text) as unknown[]).length;
  else counted++;
});
