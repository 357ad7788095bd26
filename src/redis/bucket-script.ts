/**
 * The token bucket of `gate/limits/token-buckets.ts` as a Lua script: one command, atomic, by the clock of Redis, so that the
 * clocks of the nodes do not matter. A key goes by itself when its bucket is full; a value that is not four numbers, or not such
 * as a bucket can have, counts as none.
 *
 * KEYS: the bucket. ARGV: the points to take; the bucket's size in points for this taker; its window and its block, in
 * milliseconds. It answers how long until the points are there, in milliseconds; 0 if they were taken.
 *
 * The value: points used, when that was so, the size at which points were taken last, and to when the taker is blocked.
 */
export const BUCKET_SCRIPT = `
local points, size, window, block = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local function number(text, otherwise)
  local value = tonumber(text)
  if value and value >= 0 and value < 1e15 then return value end
  return otherwise
end
local used, at, last, blocked = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) (%S+) (%S+) (%S+)$')
last = math.max(number(last, size), 1)
used = math.min(number(used, 0), last)
used = math.max(0, used - math.max(0, now - number(at, now)) * last / window)
blocked = math.min(number(blocked, 0), now + block)
if used == 0 then last = size end
local wait = (used + points - size) * window / last
local refused = wait > 0.001 or blocked > now
if refused then
  if blocked <= now then blocked = now + block end
  wait = math.max(wait, blocked - now)
else
  used = used + points
  last = size
end
local rest = math.ceil(math.max(used * window / last, blocked - now))
if rest > 0 then
  redis.call('SET', KEYS[1], string.format('%.12f %.3f %d %.3f', used, now, last, blocked), 'PX', rest)
end
if refused then return math.max(math.ceil(wait), 1) end
return 0
`;
