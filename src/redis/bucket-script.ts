/**
 * The token bucket of `gate/token-buckets.ts` as a Lua script, for `customIncrTtlLuaScript` of rate-limiter-flexible: one
 * command, atomic, by the clock of Redis, so that the clocks of the nodes do not matter. A key goes by itself when its bucket is
 * full. The library gives the points to take, the seconds rounded down, the size and the seconds; it takes an answer of more
 * points than the size for a refusal, and the second number for the time to wait.
 */
export function bucketScript(blockMs: number): string {
  return `
local points, size, window, block = tonumber(ARGV[1]), tonumber(ARGV[3]), ARGV[4] * 1000, ${blockMs}
local step = window / size
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local full, blocked = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) (%S+)$')
full = math.min(math.max(tonumber(full) or now, now), now + window)
blocked = math.min(tonumber(blocked) or 0, now + block)
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
  redis.call('SET', KEYS[1], string.format('%.3f %.3f', full, blocked), 'PX', rest)
end
if refused then return {size + 1, math.ceil(wait)} end
return {0, 0}
`;
}
