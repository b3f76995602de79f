// Owns which addresses the observer has and what stands at each; who may see them is rpc/'s to check.
// No address bears a token, and none changes anything.

import type { GuardedAnswer, GuardedRoute } from '../../rpc/mod.ts';
import type { ActorNode } from '../../runtime/mod.ts';
import type { WebAsset } from '../web-assets.ts';
import type { Observatory, Position } from './observatory.ts';
import { traceActor } from './traces.ts';

export interface ObserverParts {
  readonly node: Pick<ActorNode, 'name' | 'trace'>;
  readonly observatory: Observatory;
  readonly assets: readonly WebAsset[];
}

const json = 'application/json; charset=utf-8';

export function observerRoutes({ node, observatory, assets }: ObserverParts): readonly GuardedRoute[] {
  return [
    ...assets.map(({ path, contentType, body }) => ({
      path,
      answer: () => ({ status: 200, contentType, body }) as const,
    })),
    { path: '/observer/data', answer: async (query) => document(200, await observatory.observe(positionOf(query))) },
    { path: '/observer/trace', answer: (query) => trace(node, query) },
  ];
}

async function trace(node: ObserverParts['node'], query: URLSearchParams): Promise<GuardedAnswer> {
  const ms = query.get('ms');
  const traced = await traceActor(node, {
    actor: query.get('actor') ?? '',
    ...(ms === null ? {} : { ms: Number(ms) }),
  });
  if (traced.ok) return document(200, traced.value);
  return document(traced.error.code === 'invalid' ? 400 : 404, { error: traced.error.code });
}

function positionOf(query: URLSearchParams): Position | null {
  const after = Number(query.get('after') ?? Number.NaN);
  const epoch = query.get('epoch');
  return epoch === null || !Number.isSafeInteger(after) ? null : { epoch, after };
}

function document(status: GuardedAnswer['status'], value: unknown): GuardedAnswer {
  return { status, contentType: json, body: JSON.stringify(value) };
}
