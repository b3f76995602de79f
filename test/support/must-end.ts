// Owns the end of a test file's process: one that stays although its tests are over says what keeps it, and fails.
// `npm test` loads it into each; without it such a file would be waited for without end and without a word.

import { tracingChannel } from 'node:diagnostics_channel';
import { setTimeout } from 'node:timers';

/** What the last test left is on its way out: threads and processes that were told to end, sockets that close. */
const graceMs = 20_000;

let open = 0;
let waiting: NodeJS.Timeout | undefined;

function begins(): void {
  open += 1;
  clearTimeout(waiting);
}

function ends(): void {
  open -= 1;
  if (open === 0) waiting = setTimeout(stays, graceMs).unref();
}

/** A handle of libuv as a diagnostic report describes it: its type, and an address, a pid or a time to go with it. */
interface Handle {
  readonly is_active: boolean;
  readonly is_referenced: boolean;
}

function stays(): void {
  const { libuv } = process.report.getReport() as unknown as { readonly libuv: readonly Handle[] };
  const keeping = libuv.filter((handle) => handle.is_active && handle.is_referenced);
  process.stderr.write(
    `${process.argv[1]} stays although its tests are over, kept by ${process.getActiveResourcesInfo().join(', ')}\n` +
      `${keeping.map((handle) => `  ${JSON.stringify(handle)}\n`).join('')}`,
  );
  process.exit(1);
}

tracingChannel('node.test').subscribe({
  start: begins,
  end: ends,
  asyncStart: () => undefined,
  asyncEnd: () => undefined,
  error: () => undefined,
});
