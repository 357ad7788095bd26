import { END_ROW, PRELUDE, SAY } from './prelude.js';

/**
 * Ends the rows of a wallet, and empties the labels and addresses of those that have ended. ARGV: a nonce, the log's length,
 * whether this node cleans up, the wallet's key by number, its address. It answers the devices whose rows it ended.
 */
export const ERASE = `${PRELUDE}${END_ROW}${SAY}
local say, cleansUp, wallet, address = sayer(take(), take()), take(), takeWallet(), take()
local list, erased = redis.call('HGETALL', wallet), {}
for i = 1, #list, 2 do
  local id, row = address .. '/' .. list[i], readRow(list[i + 1])
  if not row then
    redis.call('HDEL', wallet, list[i])
  else
    row.address, row.label, row.maker = '', '', ''
    if isLive(row) then
      endRow(wallet, id, row, 'purged', cleansUp)
      say('p', id)
      erased[#erased + 1] = id
    else
      writeRow(wallet, id, row)
    end
  end
end
return erased
`;

/** Has what is revoked by id known by key alone. ARGV: for each device its id, and its member of `rev` by key. */
export const FORGET = `${PRELUDE}
while taken < #ARGV do
  local id, key = take(), take()
  local seq = redis.call('ZSCORE', REV, id)
  if seq then
    redis.call('ZREM', REV, id)
    redis.call('SREM', KNOWN, key)
    redis.call('ZADD', REV, seq, key)
  end
end
return {}
`;
