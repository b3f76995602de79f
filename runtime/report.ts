// Owns what is told of an actor that ended as it should not: one line for the log, one report for observers.
// It never tells what a message said, nor a whole key.

import { keyStart, pidKey } from './address.ts';
import { errorOf, isQuiet, placeOf, reasonText } from './failures.ts';
import type { CrashReport } from './inspection.ts';
import type { Kernel } from './kernel.ts';
import type { ExitReason } from './outcome.ts';
import type { Process } from './process.ts';

export function report(kernel: Kernel, process: Process, reason: ExitReason): void {
  if (isQuiet(reason) || reason === 'killed' || reason === 'threadLost') return;
  const expected = typeof reason === 'object' && 'failure' in reason;
  const { pid, current } = process;
  const told: CrashReport = {
    at: kernel.clock.now(),
    thread: kernel.name,
    pid,
    behaviour: process.behaviour.name,
    name: process.name,
    key: keyStart(process.key),
    reason: reasonText(reason),
    error: errorOf(reason),
    // When somebody looks: it needs the stack, see `crashOf`.
    get where() {
      return placeOf(reason);
    },
    lastMessage: current === null ? 'none' : `${current.kind} ${current.name}`,
    handled: process.handled,
    mailbox: process.mailbox.length,
    restarts: process.restarts,
  };
  if (!expected) {
    kernel.stats.crashes++;
    kernel.crashed(told);
  }
  kernel.log(expected ? 'warn' : 'error', expected ? 'actor could not go on' : 'actor crashed', fields(told, reason));
}

function fields(told: CrashReport, reason: ExitReason) {
  const { pid, behaviour, name, key, reason: text, lastMessage, handled, mailbox } = told;
  const shown = {
    behaviour,
    pid: pidKey(pid),
    ...(key === null ? {} : { key }),
    ...(name === null ? {} : { name }),
    reason: text,
    lastMessage,
    handled,
    mailbox,
  };
  if (typeof reason !== 'object' || !('crash' in reason)) return shown;
  const { crash } = reason;
  return {
    ...shown,
    get stack() {
      return crash.stack;
    },
  };
}
