import { COVERED, END_ROW, PRELUDE, RENEW_ROW } from './prelude.js';

/**
 * A device came. ARGV: its wallet's key by number, its id, address of its wallet, its member of `rev` by key; certified, issued
 * and end of its token, the caller's address; how many devices its wallet may have, and all; after what time a row is confirmed;
 * whether this node cleans up; a text of this question, the same where it is asked again for want of an answer. It answers a word:
 * `row` or `new`, with the row's text, `new` also where this question made it; `revoked`, `limit`, `full`, `cleaning`; or `evict`,
 * with a device that would have to go first.
 */
export const ENTER = `${PRELUDE}${COVERED}${RENEW_ROW}${END_ROW}
local wallet, id, address, key = takeWallet(), take(), take(), take()
local certified, issued, ends, caller = takeNumber(), takeNumber(), takeNumber(), take()
local perWallet, devices, confirmAfter, cleansUp, maker = takeNumber(), takeNumber(), takeNumber(), take(), take()

local row = rowOf(wallet, id)
local made = { firstSeen = math.max(now, metaNumber('floor') + 1), certified = certified }
local judged = isLive(row) and row or made
local isRevoked = redis.call('ZSCORE', REV, id) or redis.call('ZSCORE', REV, key)
if isRevoked or isCovered(id, judged.firstSeen, judged.certified, epochOf(address)) then
  if isLive(row) then endRow(wallet, id, row, 'revoked', cleansUp) end
  return { 'revoked' }
end

if isLive(row) then
  renewRow(wallet, id, row, ends, issued, caller, confirmAfter)
  return { row.maker == maker and 'new' or 'row', row.text }
end
if row then return { 'cleaning' } end

if perWallet and redis.call('HLEN', wallet) >= perWallet then
  local live = 0
  for _, text in ipairs(redis.call('HVALS', wallet)) do
    if isLive(readRow(text)) then live = live + 1 end
  end
  if live >= perWallet then return { 'limit' } end
end
if redis.call('ZCARD', NEW) + redis.call('ZCARD', OLD) >= devices then
  local lapsed = redis.call('ZRANGEBYSCORE', NEW, '-inf', '(' .. exact(now), 'LIMIT', 0, 1)
  if lapsed[1] then return { 'evict', lapsed[1] } end
  return { 'full' }
end

made.firstIssued, made.ends, made.seen, made.confirmed = issued, ends or 0, now, false
made.state, made.maker, made.address, made.label = '', maker, caller, ''
writeRow(wallet, id, made)
indexRow(id, made)
return { 'new', redis.call('HGET', wallet, fieldOf(id)) }
`;
