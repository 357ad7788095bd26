import { COVERED, END_ROW, PRELUDE, RENEW_ROW, SAY } from './prelude.js';

/** ARGV: after what time a row is confirmed; for each device its wallet's key by number, its id, end, issued, address. */
export const RENEW = `${PRELUDE}${RENEW_ROW}
local confirmAfter = takeNumber()
while taken < #ARGV do
  local wallet, id, ends, issued, address = takeWallet(), take(), takeNumber(), takeNumber(), take()
  local row = rowOf(wallet, id)
  if isLive(row) then renewRow(wallet, id, row, ends, issued, address, confirmAfter) end
end
return {}
`;

/** ARGV: for each device its wallet's key by number and its id. It answers their rows, in their order; nothing for one without. */
export const READ = `${PRELUDE}
local rows = {}
while taken < #ARGV do
  local wallet, id = takeWallet(), take()
  rows[#rows + 1] = redis.call('HGET', wallet, fieldOf(id)) or ''
end
return rows
`;

/** ARGV: the wallet's key by number. It answers fields and rows. */
export const LIST = `${PRELUDE}
return redis.call('HGETALL', takeWallet())
`;

/** ARGV: the wallet's key by number, the device, `1` to confirm it, `1` to set a label, the label. It answers whether it has a row. */
export const EDIT = `${PRELUDE}
local wallet, id, confirms, labels, label = takeWallet(), take(), take(), take(), take()
local row = rowOf(wallet, id)
if not isLive(row) then return { 0 } end
if confirms == '1' then row.confirmed = true end
if labels == '1' then row.label = label end
writeRow(wallet, id, row)
indexRow(id, row)
return { 1 }
`;

/**
 * ARGV: a nonce, the log's length, whether this node cleans up; for each row its wallet's key by number, its id, address of its wallet, its member of `rev` by
 * key, why it has ended or nothing, its text.
 */
export const RESTORE = `${PRELUDE}${COVERED}${END_ROW}${SAY}
local say, cleansUp = sayer(take(), take()), take()
while taken < #ARGV do
  local wallet, id, address, key, cause, row = takeWallet(), take(), take(), take(), take(), readRow(take())
  local known = rowOf(wallet, id)
  local isRevoked = redis.call('ZSCORE', REV, id) or redis.call('ZSCORE', REV, key)
  if row and cause == '' and (isRevoked or isCovered(id, row.firstSeen, row.certified, epochOf(address))) then
    cause = 'revoked'
  end
  local isSame = isLive(known) and row and known.firstSeen == row.firstSeen
  if row and not known then
    writeRow(wallet, id, row)
    if cause == '' then indexRow(id, row) end
  end
  if row and cause ~= '' and (isSame or not known) then
    endRow(wallet, id, known or row, cause, cleansUp)
    if cause == 'purged' then say('p', id) end
  end
end
return {}
`;
