/**
 * The token bucket of `gate/limits/token-buckets.ts` as a Lua script: one command, atomic, by the clock of Redis, so that the
 * clocks of the nodes do not matter. A key goes by itself when its bucket is full; a value that is not a number, or not one that
 * a bucket can have, counts as none.
 *
 * KEYS: the bucket. ARGV: the points to take; the bucket's size in points; its window and its block, in milliseconds. It
 * answers how long until the points are there, in milliseconds; 0 if they were taken.
 */
export const BUCKET_SCRIPT = `
local points, size, window, block = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local step = window / size
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local function number(text, otherwise)
  local value = tonumber(text)
  if value ~= value then return otherwise end
  return value or otherwise
end
local full, blocked = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) (%S+)$')
full = math.min(math.max(number(full, now), now), now + window)
blocked = math.min(math.max(number(blocked, 0), 0), now + block)
local after = full + points * step
local wait = after - now - window
local refused = wait > 0.001 or blocked > now
if refused then
  if blocked <= now then blocked = now + block end
  wait = math.max(wait, blocked - now)
else
  full = after
end
local rest = math.ceil(math.max(full, blocked) - now)
if rest > 0 then
  redis.call('SET', KEYS[1], string.format('%.6f %.6f', full, blocked), 'PX', rest)
end
if refused then return math.max(math.ceil(wait), 1) end
return 0
`;
