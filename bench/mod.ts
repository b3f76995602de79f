// Owns the face of bench/: what the tests use of it. The command `npm run bench` enters by run.ts.
// Nothing of the product imports it.

export { hablaDay } from './habla-day.ts';
export { fullDay, planDay, scaledDay } from './habla-plan.ts';
export { isClean, Ledger } from './ledger.ts';
export { load } from './load.ts';
export { Crowd } from './load-crowd.ts';
export { growth, parseMetrics, readMetrics } from './metrics.ts';
export type { NodeProcess, NodeProcessOptions } from './node-process.ts';
export { startNodeProcess } from './node-process.ts';
export { OldWay } from './old-way-process.ts';
export { usageOf } from './process-usage.ts';
export { keepAliveAgent, RpcRefused, rpc } from './rpc-client.ts';
export { ownTarget, type Target } from './target.ts';
export { sleep, until } from './wait.ts';
export type { Element } from './xml-stanzas.ts';
export { child, StanzaReader } from './xml-stanzas.ts';
