import { COVERED, END_ROW, PRELUDE, SAY } from './prelude.js';

/**
 * Adds facts. ARGV: a nonce, the log's length, whether this node cleans up; for each fact
 * - `d`, the wallet's key by number, the device, its member of `rev` by key;
 * - `k`, that member alone;
 * - `w`, the wallet's key by number, its address, the time, the survivor and its member of `rev` by key. Without a time: now.
 *
 * It answers what is news, in the texts of the log. Of a wallet all rows are looked at, the ended ones too: one whose certificate
 * is dated later than the time could come back.
 */
export const REVOKE = `${PRELUDE}${COVERED}${END_ROW}${SAY}
local say = sayer(take(), take())
local cleansUp = take()
local news = {}

local function add(member, text)
  redis.call('ZADD', REV, say('r', text), member)
  news[#news + 1] = text
end

local function revokeDevice(wallet, id, key)
  if not redis.call('ZSCORE', REV, id) and not redis.call('ZSCORE', REV, key) then
    add(id, id)
    redis.call('SADD', KNOWN, key)
  end
  local row = rowOf(wallet, id)
  if isLive(row) then endRow(wallet, id, row, 'revoked', cleansUp) end
end

local function rowsOf(wallet, address)
  local list, rows = redis.call('HGETALL', wallet), {}
  for i = 1, #list, 2 do
    rows[#rows + 1] = { id = address .. '/' .. list[i], row = readRow(list[i + 1]) }
  end
  return rows
end

local function revokeWallet(wallet, address, at, survivor, survivorKey)
  local knownAt, knownSurvivor = epochOf(address)
  local rows = rowsOf(wallet, address)
  if not at then
    at = math.max(now, (knownAt or 0) + 1)
    local goesOn = not knownAt or survivor == knownSurvivor
    for _, entry in ipairs(rows) do
      if entry.row then at = math.max(at, entry.row.firstSeen) end
      if entry.id == survivor and isLive(entry.row) then
        goesOn = not isCovered(survivor, entry.row.firstSeen, entry.row.certified, knownAt, knownSurvivor)
      end
    end
    -- one that was revoked must not come back as a survivor
    if not goesOn or redis.call('ZSCORE', REV, survivor) or redis.call('ZSCORE', REV, survivorKey) then survivor = '' end
  end
  if knownAt and at < knownAt then return end
  if at == knownAt then
    if knownSurvivor == '' or knownSurvivor == survivor then return end
    survivor = ''
  end

  local epoch = exact(at) .. '|' .. survivor
  add('w:' .. address, 'w:' .. address .. '|' .. epoch)
  redis.call('HSET', EPOCH, address, epoch)
  raiseFloor(at)
  for _, entry in ipairs(rows) do
    local id, row = entry.id, entry.row
    if row and id ~= survivor then
      local isDatedLater = row.firstSeen <= at and row.certified and row.certified > at
      if isDatedLater and not redis.call('ZSCORE', REV, id) then add(id, id) end
      if isLive(row) and isCovered(id, row.firstSeen, row.certified, at, survivor) then
        endRow(wallet, id, row, 'revoked', cleansUp)
      end
    end
  end
end

while taken < #ARGV do
  local kind = take()
  if kind == 'd' then
    revokeDevice(takeWallet(), take(), take())
  elseif kind == 'k' then
    local key = take()
    if not redis.call('ZSCORE', REV, key) and redis.call('SISMEMBER', KNOWN, key) == 0 then add(key, key) end
  else
    revokeWallet(takeWallet(), take(), takeNumber(), take(), take())
  end
end
return news
`;
