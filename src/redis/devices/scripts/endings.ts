import { END_ROW, PRELUDE, SAY } from './prelude.js';

/** Ends a row. ARGV: a nonce, the log's length, whether this node cleans up, the wallet's key by number, the device. */
export const REMOVE = `${PRELUDE}${END_ROW}${SAY}
local say, cleansUp, wallet, id = sayer(take(), take()), take(), takeWallet(), take()
local row = rowOf(wallet, id)
if not isLive(row) then return { 0 } end
endRow(wallet, id, row, 'purged', cleansUp)
say('p', id)
return { 1 }
`;

/** ARGV: how many devices, how long after their end unconfirmed ones, and how long confirmed ones may be idle. */
export const PURGEABLE = `${PRELUDE}
local most, unconfirmed, idle = takeNumber(), takeNumber(), takeNumber()
local ids = redis.call('ZRANGEBYSCORE', NEW, '-inf', '(' .. exact(now - unconfirmed), 'LIMIT', 0, most)
if #ids < most then
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', OLD, '-inf', exact(now - idle), 'LIMIT', 0, most - #ids)) do
    ids[#ids + 1] = id
  end
end
return ids
`;

/**
 * Ends those that may be purged still. ARGV: a nonce, the log's length, whether this node cleans up; the two times of
 * `PURGEABLE`, without the second no confirmed one; for each device its wallet's key by number, and its id.
 */
export const PURGE = `${PRELUDE}${END_ROW}${SAY}
local say, cleansUp = sayer(take(), take()), take()
local unconfirmed, idle = takeNumber(), takeNumber()
local purged = {}
while taken < #ARGV do
  local wallet, id = takeWallet(), take()
  local row = rowOf(wallet, id)
  if not isLive(row) then
    redis.call('ZREM', NEW, id)
    redis.call('ZREM', OLD, id)
  elseif (row.confirmed and idle and math.max(row.ends, row.seen) + idle <= now)
    or (not row.confirmed and row.ends + unconfirmed < now) then
    endRow(wallet, id, row, 'purged', cleansUp)
    say('p', id)
    purged[#purged + 1] = id
  end
end
return purged
`;
