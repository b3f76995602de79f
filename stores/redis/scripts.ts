// Owns what is decided within Redis, where one step sees everything: leases, and which copy may take another's place.
// Each script answers with the word it was asked with, so a reply that belongs to another request is known at once.
//
//   parla:{sid}:lease     hash   o owner   e its process   f fence   u until (ms since 1970, this server's clock)
//   parla:{sid}:session   hash   c claim   f fence   v version   b bytes
//   parla:{sid}:room      the same         A copy below the claim or below (f, v) is refused.
//   parla:nodes           sorted set of owners by when they said last that they live
//
// A fence is never below this server's clock in ms: should the number that was be lost, the next is still higher.

import { createHash } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';
import { GateError } from '../gate/mod.ts';

export type RedisClient = Redis | Cluster;

export interface Script {
  readonly lua: string;
  readonly sha: string;
}

const now = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function whole(number) return string.format('%.0f', number) end
`;

/** `lease(key, owner, process, ttl)`: the fence where it is the owner's from now on, else nil. */
const takeLease = `
local function lease(key, owner, process, ttl)
  local held = redis.call('HMGET', key, 'o', 'e', 'f', 'u')
  local fence = tonumber(held[3] or '0')
  if held[1] and held[1] ~= owner and tonumber(held[4]) > now then return nil end
  if held[1] ~= owner or held[2] ~= process then fence = math.max(fence + 1, now) end
  redis.call('HSET', key, 'o', owner, 'e', process, 'f', whole(fence), 'u', whole(now + ttl))
  redis.call('PEXPIRE', key, 1209600000)
  return whole(fence)
end
`;

/** `claimed(key, fence)`: from now on no copy of an earlier owner is taken. */
const claimCopy = `
local function claimed(key, fence)
  local copy = redis.call('HMGET', key, 'c', 'f', 'b')
  local highest = math.max(tonumber(copy[1] or '0'), tonumber(copy[2] or '0'))
  if tonumber(fence) > highest then
    redis.call('HSET', key, 'c', fence)
    if not copy[3] then redis.call('PEXPIRE', key, 1209600000) end
  end
  return copy[3]
end
`;

function script(...parts: readonly string[]): Script {
  const lua = parts.join('');
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

/** KEYS lease, copy; ARGV word, owner, process, ttl. Answers word, fence or nil, bytes or nil. */
export const openScript = script(
  now,
  takeLease,
  claimCopy,
  `
local fence = lease(KEYS[1], ARGV[2], ARGV[3], tonumber(ARGV[4]))
if not fence then return {ARGV[1], false, redis.call('HGET', KEYS[2], 'b')} end
return {ARGV[1], fence, claimed(KEYS[2], fence)}
`,
);

/** KEYS lease; ARGV word, owner, process, ttl. Answers word, fence or nil. */
export const acquireScript = script(
  now,
  takeLease,
  `return {ARGV[1], lease(KEYS[1], ARGV[2], ARGV[3], tonumber(ARGV[4])) or false}`,
);

/** KEYS copy; ARGV word, fence. Answers word, bytes or nil. */
export const claimScript = script(claimCopy, `return {ARGV[1], claimed(KEYS[1], ARGV[2])}`);

/** KEYS copy; ARGV word. Answers word, bytes or nil, and changes nothing. */
export const readScript = script(`return {ARGV[1], redis.call('HGET', KEYS[1], 'b')}`);

/**
 * KEYS leases; ARGV word, owner, process, ttl, then a fence for each key. Answers word, then 1 where it goes on. One
 * that this server has forgotten is written again as it was: nobody else asked meanwhile.
 */
export const renewScript = script(
  now,
  `
local answer = {ARGV[1]}
for index, key in ipairs(KEYS) do
  local held = redis.call('HMGET', key, 'o', 'e', 'f')
  local fence = ARGV[4 + index]
  local mine = held[1] == ARGV[2] and held[2] == ARGV[3] and held[3] == fence
  if mine or not held[1] then
    redis.call('HSET', key, 'o', ARGV[2], 'e', ARGV[3], 'f', fence, 'u', whole(now + tonumber(ARGV[4])))
    redis.call('PEXPIRE', key, 1209600000)
    answer[index + 1] = 1
  else
    answer[index + 1] = 0
  end
end
return answer
`,
);

/** KEYS lease; ARGV word, owner, fence. The fence stays, the time is over. */
export const releaseScript = script(`
local held = redis.call('HMGET', KEYS[1], 'o', 'f')
if held[1] == ARGV[2] and held[2] == ARGV[3] then redis.call('HSET', KEYS[1], 'u', '0') end
return {ARGV[1]}
`);

/** KEYS copy; ARGV word, fence, version, ttl, bytes (none: the older copy goes and none comes). Answers word, outcome. */
export const putScript = script(`
local copy = redis.call('HMGET', KEYS[1], 'c', 'f', 'v')
local fence, version = tonumber(ARGV[2]), tonumber(ARGV[3])
local last, lastVersion = tonumber(copy[2] or '-1'), tonumber(copy[3] or '-1')
if fence < tonumber(copy[1] or '-1') or fence < last then return {ARGV[1], 'fenced'} end
if fence == last and version < lastVersion then return {ARGV[1], 'older'} end
if ARGV[5] == '' then
  redis.call('HDEL', KEYS[1], 'b')
  return {ARGV[1], 'dropped'}
end
redis.call('HSET', KEYS[1], 'f', ARGV[2], 'v', ARGV[3], 'b', ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return {ARGV[1], 'kept'}
`);

/** KEYS nodes; ARGV word, owner, horizon. Answers word and how many others said lately that they live. */
export const aliveScript = script(
  now,
  `
redis.call('ZADD', KEYS[1], whole(now), ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', whole(now - tonumber(ARGV[3])))
redis.call('PEXPIRE', KEYS[1], 1209600000)
return {ARGV[1], redis.call('ZCARD', KEYS[1]) - 1}
`,
);

/** KEYS nodes; ARGV word, owner. */
export const leaveScript = script(`
redis.call('ZREM', KEYS[1], ARGV[2])
return {ARGV[1]}
`);

export type Argument = string | number | Buffer;

export interface Asked {
  readonly keys: readonly string[];
  readonly args: readonly Argument[];
}

/** Answers what follows the word; throws where the reply does not begin with the word that this request was sent with. */
export async function runScript(
  client: RedisClient,
  { lua, sha }: Script,
  { keys, args, word }: Asked & { readonly word: string },
): Promise<readonly unknown[]> {
  const all: readonly Argument[] = [...keys, word, ...args];
  const answer: unknown = await client.callBuffer('evalsha', sha, keys.length, ...all).catch((error: unknown) => {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return client.callBuffer('eval', lua, keys.length, ...all);
  });
  const [said, ...rest]: readonly unknown[] = Array.isArray(answer) ? answer : [];
  if (textOf(said) !== word) throw new GateError('FOREIGN', 'the reply belongs to another request');
  return rest;
}

export function textOf(value: unknown): string | null {
  return Buffer.isBuffer(value) ? value.toString('latin1') : null;
}
