// Owns the folder's face: every name that the application may use of the visitor's edge.
// It holds nothing of its own; rpc/contract.ts is the one file that the browser's code may use too.

export type { Route } from './assets.ts';
export type { Cancel, Clock } from './clock.ts';
export type {
  AuthorKind,
  Conversation,
  ConversationState,
  ErrorName,
  Event,
  Message,
  MethodName,
  Methods,
  Page,
  PollResult,
  RpcError,
  Site,
} from './contract.ts';
export {
  batchRequestsMax,
  bodyBytesMax,
  conversationMessagesMax,
  errorCodes,
  pollHoldMsMax,
  textUnitsMax,
} from './contract.ts';
export type { RpcEdge, RpcEdgeOptions } from './edge.ts';
export { createRpcEdge } from './edge.ts';
export type { EdgeNode } from './edge-node.ts';
export type { GuardedAnswer, GuardedRoute } from './guarded.ts';
export type { RpcLimits } from './limits.ts';
export { defaultLimits } from './limits.ts';
export type { Log, RpcLogLine } from './log.ts';
export type {
  Branch,
  CrashReport,
  DeadLetter,
  Observation,
  ObservedActor,
  ObservedGate,
  ObservedThread,
  Sample,
  ThreadSample,
  Trace,
  TraceStep,
} from './observer-contract.ts';
export type { OutboxBehaviour } from './outbox-actor.ts';
export type { Readiness } from './status-pages.ts';
