// Owns the folder's face: the operator's edge and how a password becomes what is kept of it.
// It holds nothing of its own.

export type { EdgeClock } from './clock.ts';
export type { XmppEdge, XmppEdgeOptions, XmppEdgeStats } from './edge.ts';
export { createXmppEdge } from './edge.ts';
export type { XmppLimits } from './limits.ts';
export type { ScramKeyPair } from './sasl/keys.ts';
export { scramKeys } from './sasl/keys.ts';
