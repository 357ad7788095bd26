import { PRELUDE } from './prelude.js';

/**
 * Joins. ARGV: whether this node cleans up, a nonce by which these keys are told from later ones if they are lost. It answers the version of the keys, and what INFO says of eviction: a policy, or
 * nothing where it is forbidden or says nothing.
 */
export const JOIN = `${PRELUDE}
redis.call('HSETNX', META, 'version', '1')
if take() == '1' then redis.call('HSET', META, 'cleansUp', '1') end
redis.call('HSETNX', META, 'birth', take())
local info = redis.pcall('INFO', 'memory')
local policy = type(info) == 'string' and string.match(info, 'maxmemory_policy:([%w-]+)') or ''
return { redis.call('HGET', META, 'version'), policy }
`;

/**
 * Number and nonce of the newest entry, and the nonce of these keys; how many clean-ups wait, and for how long the oldest. A replica must not answer, nor a
 * primary that has lost its replicas where that is not allowed: both may be behind. So something is deleted that is never there.
 */
export const ASK = `${PRELUDE}
local guard = redis.pcall('HDEL', META, '')
if type(guard) == 'table' and guard.err and (string.find(guard.err, 'READONLY') or string.find(guard.err, 'NOREPLICAS')) then
  return guard
end
local known = redis.call('HMGET', META, 'seq', 'tip', 'birth')
local oldest = redis.call('ZRANGE', DIRTY, 0, 0, 'WITHSCORES')[2]
return {
  known[1] or '0', known[2] or '', known[3] or '',
  redis.call('ZCARD', DIRTY), exact(oldest and math.max(0, now - tonumber(oldest)) or 0)
}
`;

/** ARGV: from which number, how many. It answers text and number of what is revoked; the text of a wallet tells its epoch. */
export const REVOKED = `${PRELUDE}
local list = redis.call('ZRANGEBYSCORE', REV, take(), '+inf', 'WITHSCORES', 'LIMIT', 0, take())
for i = 1, #list, 2 do
  if string.sub(list[i], 1, 2) == 'w:' then
    list[i] = list[i] .. '|' .. (redis.call('HGET', EPOCH, string.sub(list[i], 3)) or '')
  end
end
return list
`;

/** ARGV: `NEW` or `OLD` by number, from which score, how many. It answers devices and scores. */
export const LIVE = `${PRELUDE}
local set = take() == '0' and NEW or OLD
return redis.call('ZRANGEBYSCORE', set, take(), '+inf', 'WITHSCORES', 'LIMIT', 0, take())
`;

/** ARGV: the longest life of a token here. It answers what was said last. */
export const AGREE = `${PRELUDE}
local maxAge = take()
local last = redis.call('HGET', META, 'maxAgeMs') or ''
if last ~= maxAge then redis.call('HSET', META, 'maxAgeMs', maxAge) end
return { last }
`;
