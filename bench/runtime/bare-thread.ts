// Owns the other end of a bare worker thread for the table: what two threads can do without a runtime.
// It counts objects, and sends back what asks for an answer.

import { parentPort } from 'node:worker_threads';

let counted = 0;

parentPort?.on('message', (message: { readonly by: number; readonly answer?: boolean }) => {
  counted += message.by;
  if (message.answer === true) parentPort?.postMessage({ by: counted });
});
