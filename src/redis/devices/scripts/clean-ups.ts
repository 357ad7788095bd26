import { PRELUDE } from './prelude.js';

/** ARGV: how many. It answers devices whose clean-up may be claimed now. */
export const CLAIMABLE = `${PRELUDE}
return redis.call('ZRANGEBYSCORE', DUE, '-inf', exact(now), 'LIMIT', 0, takeNumber())
`;

const STATE = `
local function readState(row)
  return string.match(row and row.state or '', '^(%a+),(%d+),(.*)$')
end
`;

/**
 * Claims those that may be claimed still. ARGV: a token, the lease; for each device its wallet's key by number, and its id. It
 * answers for each that was claimed: id, incarnation, cause, how often it was claimed.
 */
export const CLAIM = `${PRELUDE}${STATE}
local token, lease = take(), takeNumber()
local claimed = {}
while taken < #ARGV do
  local wallet, id = takeWallet(), take()
  local row = rowOf(wallet, id)
  local cause, attempt = readState(row)
  local due = tonumber(redis.call('ZSCORE', DUE, id) or '')
  if not cause then
    redis.call('ZREM', DUE, id)
    redis.call('ZREM', DIRTY, id)
  elseif due and due <= now then
    redis.call('ZADD', DUE, exact(now + lease), id)
    row.state = cause .. ',' .. (attempt + 1) .. ',' .. token
    writeRow(wallet, id, row)
    for _, value in ipairs({ id, exact(row.firstSeen), cause, attempt + 1 }) do claimed[#claimed + 1] = value end
  end
end
return claimed
`;

/** ARGV: the wallet's key by number, the device, the claim's token, after how long it may be claimed again. */
export const DEFER = `${PRELUDE}${STATE}
local wallet, id, token, delay = takeWallet(), take(), take(), takeNumber()
local _, _, current = readState(rowOf(wallet, id))
if current ~= token then return { 0 } end
redis.call('ZADD', DUE, exact(now + delay), id)
return { 1 }
`;

/** ARGV: the wallet's key by number, the device, the claim's token. */
export const FINISH = `${PRELUDE}${STATE}
local wallet, id, token = takeWallet(), take(), take()
local row = rowOf(wallet, id)
local _, _, current = readState(row)
if current ~= token then return { 0 } end
redis.call('ZREM', DUE, id)
redis.call('ZREM', DIRTY, id)
redis.call('HDEL', wallet, fieldOf(id))
raiseFloor(row.firstSeen)
return { 1 }
`;
