// Owns what the kernel says of one thread: how long it had a CPU, and how long it wanted one and had to wait.
// It judges nothing; where there is no /proc nothing is known.

import { readFileSync } from 'node:fs';

const nsPerMs = 1e6;
const msPerClockTick = 10;

/** Since the thread began. */
export interface ThreadTimes {
  readonly cpuMs: number;
  /** Ready to run while others had the CPUs. */
  readonly starvedMs: number;
}

/** Of the thread with this number of the kernel's; 0 is nobody. */
export function threadTimes(task: number): ThreadTimes | null {
  if (task === 0) return null;
  const [cpuNs, waitedNs] = (read(task, 'schedstat') ?? '').split(' ');
  if (waitedNs !== undefined) return { cpuMs: Number(cpuNs) / nsPerMs, starvedMs: Number(waitedNs) / nsPerMs };
  // A kernel that keeps no statistics of its scheduler.
  const text = read(task, 'stat');
  if (text === null) return null;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * msPerClockTick, starvedMs: 0 };
}

function read(task: number, file: string): string | null {
  try {
    return readFileSync(`/proc/self/task/${task}/${file}`, 'latin1');
  } catch {
    return null;
  }
}
