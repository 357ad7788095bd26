/**
 * What all scripts share: names of the keys, the arguments one after the other, the time, rows. Whole times are written without
 * an exponent; `nil` is a time that is not known.
 *
 * No row that is made may be as early as `floor`: it is the latest first-seen of the rows that were deleted, and the latest time
 * of a wallet's revocation. So two lives of a device never begin at the same time, and what is revoked until then stays so,
 * whatever the clock of Redis does.
 *
 * The state of a row is empty; or, since it has ended, `<cause>,<times claimed>,<token of the last claim>`. Its maker is a text of
 * the question that made it.
 */
export const PRELUDE = `
local META, REV, KNOWN, EPOCH, NEW, OLD, DUE, DIRTY, LOG = unpack(KEYS, 1, 9)
local taken = 0
local function take()
  taken = taken + 1
  return ARGV[taken]
end
local function takeNumber()
  return tonumber(take())
end
local function takeWallet()
  return KEYS[9 + takeNumber()]
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function exact(number)
  return number and string.format('%.17g', number) or ''
end

local function metaNumber(name)
  return tonumber(redis.call('HGET', META, name) or '') or 0
end
local function raiseFloor(value)
  if value > metaNumber('floor') then redis.call('HSET', META, 'floor', exact(value)) end
end

local function fieldOf(id)
  return string.sub(id, 44)
end
local PATTERN = '^' .. string.rep('([^|]*)|', 9) .. '(.*)$'
local function readRow(text)
  local firstSeen, firstIssued, certified, ends, seen, confirmed, state, maker, address, label =
    string.match(text or '', PATTERN)
  if not tonumber(firstSeen) then return nil end
  return {
    firstSeen = tonumber(firstSeen), firstIssued = tonumber(firstIssued), certified = tonumber(certified),
    ends = tonumber(ends) or 0, seen = tonumber(seen) or 0, confirmed = confirmed == '1', state = state,
    maker = maker, address = address, label = label, text = text
  }
end
local function rowOf(wallet, id)
  return readRow(redis.call('HGET', wallet, fieldOf(id)))
end
local function isLive(row)
  return row ~= nil and row.state == ''
end
local function writeRow(wallet, id, row)
  redis.call('HSET', wallet, fieldOf(id), table.concat({
    exact(row.firstSeen), exact(row.firstIssued), exact(row.certified), exact(row.ends), exact(row.seen),
    row.confirmed and '1' or '0', row.state, row.maker, row.address, row.label
  }, '|'))
end
-- puts a live row where purges look for it
local function indexRow(id, row)
  if row.confirmed then
    redis.call('ZADD', OLD, exact(math.max(row.ends, row.seen)), id)
    redis.call('ZREM', NEW, id)
  else
    redis.call('ZADD', NEW, exact(row.ends), id)
  end
end
`;

/** Renewing a row by a token: the newest end wins. */
export const RENEW_ROW = `
local function renewRow(wallet, id, row, ends, issued, address, confirmAfter)
  row.ends = math.max(row.ends, ends or 0)
  row.seen = math.max(row.seen, now)
  if address ~= '' then row.address = address end
  if issued and row.firstIssued and issued >= row.firstIssued + confirmAfter then row.confirmed = true end
  writeRow(wallet, id, row)
  indexRow(id, row)
end
`;

/**
 * Ending a row: where anybody cleans up, it stays until that is done. First of all something is taken away, which Redis allows
 * with no memory left, too.
 */
export const END_ROW = `
local function endRow(wallet, id, row, cause, cleansUp)
  redis.call('ZREM', NEW, id)
  redis.call('ZREM', OLD, id)
  if cleansUp == '1' or redis.call('HGET', META, 'cleansUp') == '1' then
    row.state = cause .. ',0,'
    writeRow(wallet, id, row)
    redis.call('ZADD', DUE, exact(now), id)
    redis.call('ZADD', DIRTY, exact(now), id)
  else
    redis.call('HDEL', wallet, fieldOf(id))
    raiseFloor(row.firstSeen)
  end
end
`;

/**
 * Writing to the log. Each entry has the next number and names the one before it. The number goes up first: if there is no memory
 * left, nothing has happened by then. An entry that cannot be written is found missing by its number. A log that is ahead
 * belongs to numbers that were lost.
 */
export const SAY = `
local function sayer(nonce, logLength)
  local said, seq, tip = 0, nil, nil
  local function begin()
    local known = redis.call('HMGET', META, 'seq', 'tip')
    seq, tip = tonumber(known[1] or ''), known[2] or ''
    seq = seq or tonumber(redis.call('ZREVRANGE', REV, 0, 0, 'WITHSCORES')[2] or '') or 0
  end
  return function(kind, value)
    if not seq then begin() end
    said = said + 1
    local previous = tip
    seq, tip = seq + 1, nonce .. said
    redis.call('HSET', META, 'seq', exact(seq), 'tip', tip)
    local entry = { LOG, 'MAXLEN', '~', logLength, exact(seq) .. '-0', 'k', kind, 'v', value, 'n', tip, 'p', previous }
    local answer = redis.pcall('XADD', unpack(entry))
    if type(answer) == 'table' and answer.err and string.find(answer.err, 'equal or smaller', 1, true) then
      redis.call('DEL', LOG)
      redis.pcall('XADD', unpack(entry))
    end
    return exact(seq)
  end
end
`;

/** Whether the revocation of a wallet covers a device: the rule of `isCovered` in devices/revocation/epochs.ts. */
export const COVERED = `
local function epochOf(address)
  local at, survivor = string.match(redis.call('HGET', EPOCH, address) or '', '^([^|]*)|(.*)$')
  return tonumber(at), survivor
end
local function isCovered(id, firstSeen, certified, at, survivor)
  if not at or id == survivor then return false end
  return not (firstSeen > at and certified and certified > at and certified <= now + 60000)
end
`;
