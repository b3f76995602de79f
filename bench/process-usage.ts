// Owns what the operating system says about one process: CPU time and resident memory, read from /proc.
// It runs on Linux only and never looks inside the process.

import { readFileSync } from 'node:fs';

/** USER_HZ: what /proc counts CPU time in; 100 on every Linux that Node supports. */
const ticksPerSecond = 100;

export interface Usage {
  readonly userSeconds: number;
  readonly systemSeconds: number;
  readonly residentBytes: number;
}

export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command's name stands in parentheses and may hold spaces: count the fields after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const resident = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? '0';
  return {
    userSeconds: Number(fields[11]) / ticksPerSecond,
    systemSeconds: Number(fields[12]) / ticksPerSecond,
    residentBytes: Number(resident) * 1024,
  };
}

export function cpuSecondsBetween(before: Usage, after: Usage): number {
  return after.userSeconds - before.userSeconds + after.systemSeconds - before.systemSeconds;
}
