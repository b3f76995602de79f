// Owns how a statement is named where statements are counted: its verb and the table it names.
// What is counted is read from the text that runs, not claimed beside it.

import type { Labels } from './query.ts';

/** The shape of `context.count`. */
export type Count = (metric: string, labels: Labels, by: number) => void;

export interface StatementLabels extends Labels {
  readonly verb: string;
  readonly table: string;
}

const verbPattern = /^\s*(select|insert|update|delete|replace)\b/i;
const tablePattern = /\b(?:from|into|update)\s+["`]?(\w+)["`]?/i;

export function labelsOf(sql: string): StatementLabels {
  return {
    verb: verbPattern.exec(sql)?.[1]?.toUpperCase() ?? 'OTHER',
    table: tablePattern.exec(sql)?.[1] ?? 'none',
  };
}
