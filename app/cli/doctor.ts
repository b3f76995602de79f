// Owns the command `doctor`: runs the checks and prints PASS, WARN or FAIL for each; exit 0, 1 or 2 is the worst of them.
// It checks nothing by itself (app/doctor/ does).

import { Command } from 'commander';
import type { Finding } from '../doctor/finding.ts';
import { columns, type OutputOptions, print } from './output.ts';

const exitStatus = { pass: 0, warn: 1, fail: 2 } as const;

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Check this installation; exit status 0: all well, 1: warnings, 2: something fails.')
    .option('--json', 'print one JSON document')
    .action(doctor);
}

async function doctor(options: OutputOptions): Promise<void> {
  const { examine } = await import('../doctor/examine.ts');
  const findings = await examine();
  const worst = worstOf(findings);
  const rows = findings.map((one) => [one.status.toUpperCase(), one.check, textOf(one)]);
  print(options, { status: worst, findings }, columns(rows));
  process.exitCode = exitStatus[worst];
}

/** What to do is said where somebody should do it. */
function textOf({ status, message, advice }: Finding): string {
  return advice === undefined || status === 'pass' ? message : `${message}; ${advice}`;
}

function worstOf(findings: readonly Finding[]): Finding['status'] {
  return (['fail', 'warn'] as const).find((status) => findings.some((one) => one.status === status)) ?? 'pass';
}
