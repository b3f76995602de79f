// Owns the face of the gate: the guard that every client of a backend lives behind.
// It holds nothing of its own.

export type { GateClock } from './clock.ts';
export { systemGateClock } from './clock.ts';
export { errorKind, GateError } from './error-kind.ts';
export { Gate } from './gate.ts';
export { Latencies } from './latencies.ts';
export type { GateCall, GateFailure, GateOptions, GateResult, Verdict } from './options.ts';
export type { Reports } from './reports.ts';
export { reportsTo } from './reports.ts';
