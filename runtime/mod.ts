// The face of the actor runtime: the only file of this folder that others import.
// It exports by name and contains nothing.

export type { Address, Key, Name, Pid } from './address.ts';
export { keyed, keyedIfAlive, named, pidText, samePid } from './address.ts';
export type { AnyBehaviour, Behaviour, Info } from './behaviour.ts';
export { defineBehaviour, InitFailed, InitIgnored } from './behaviour.ts';
export type { Alarm, Clock } from './clock.ts';
export { systemClock } from './clock.ts';
export type { CallOptions, Context } from './context.ts';
export { allowBlocking } from './heartbeat.ts';
export type {
  ActorInspection,
  CrashReport,
  DeadLetter,
  FamilyInspection,
  InspectOptions,
  SupervisorInspection,
  ThreadDetail,
  Trace,
  TracedMessage,
  TraceOptions,
} from './inspection.ts';
export type { LocalNode, LocalOptions } from './local.ts';
export { startLocal } from './local.ts';
export { startNode } from './node.ts';
export type {
  ActorNode,
  Counter,
  GateSpec,
  Inspection,
  LogLine,
  NodeOptions,
  ThreadEvent,
  ThreadInspection,
} from './node-options.ts';
export type { CallOutcome, CastOutcome, ExitReason, From, Passivate, Refuse, Reply, Stop } from './outcome.ts';
export { passivate, refuse, reply, stop } from './outcome.ts';
export type { PartitionsSpec } from './partitions.ts';
export { partitionAt, partitionedChild } from './partitions.ts';
export type { Answer, CallName, CastName, Protocol, Request } from './protocol.ts';
export type { Failure, Result, RuntimeCode } from './result.ts';
export { failure, success } from './result.ts';
export type { ChildSpec, FamilySpec, Placement, Restart, Shutdown, Strategy, SupervisorSpec } from './spec.ts';
export { supervisorChild } from './spec.ts';
export type {
  MachineCallOutcome,
  MachineCastOutcome,
  Next,
  Postpone,
  RepeatState,
  StateMachine,
  StateSpec,
  StateTimeout,
} from './state-machine.ts';
export { defineStateMachine, next, postpone, repeatState } from './state-machine.ts';
export type { ChildCounts, ChildInfo, SupervisorProtocol } from './supervisor-protocol.ts';
export { threadMain } from './worker.ts';
