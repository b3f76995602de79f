// Owns the last crash reports of a node, on the edge: they outlive the threads on which the crashes were.
// It never grows beyond its limit, and never sees what a message said.

import type { CrashReport } from './inspection.ts';

const crashReportsMax = 50;

export class CrashReports {
  readonly #reports: CrashReport[] = [];

  add(report: CrashReport): void {
    this.#reports.push(report);
    if (this.#reports.length > crashReportsMax) this.#reports.shift();
  }

  /** Oldest first. */
  all(): CrashReport[] {
    return [...this.#reports];
  }
}
