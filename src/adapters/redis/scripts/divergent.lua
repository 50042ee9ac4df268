#!lua flags=no-writes
--[[
Reads the divergent groups of a partition whose time has come, the oldest first.

KEYS  1 fence
      2 divergent  sorted set: groupId by checkAt
      and, made here under the tag of these, the groups that are found
ARGV  1 identity
      2 limit

Returns {now, when the next one's time comes ('' for never), then of every group: id, checkAt, tenant,
generation, launch}. A text that is missing is nil; of a group that cannot be read, tenant is '', and a
generation that is none is 0: whoever locks the group is told.
]]
local fence, foreign = read_fence(KEYS[1], ARGV[1])
if not fence then
  return foreign
end
local divergent, limit = KEYS[2], tonumber(ARGV[2])
local group_prefix = tag_of(divergent) .. ':group:'
local SCAN_MAX = 10 * limit

local now = now_ms()
local now_text = text(now)
local reply, count, scanned = { now, '' }, 0, 0
local function answer(id, check_at)
  local fields = redis.pcall('HMGET', group_prefix .. id, TENANT, GENERATION, 'launch')
  if fields.err then
    fields = { '', '0', false }
  elseif not fields[1] then
    return
  end
  local size = #reply
  reply[size + 1], reply[size + 2] = id, check_at
  reply[size + 3], reply[size + 4], reply[size + 5] = fields[1], whole(fields[2]) or 0, fields[3]
  count = count + 1
end
repeat
  local entries = redis.call('ZRANGEBYSCORE', divergent, '-inf', now_text, 'WITHSCORES',
    'LIMIT', scanned, limit - count)
  for index = 1, #entries, 2 do
    answer(entries[index], entries[index + 1])
  end
  scanned = scanned + #entries / 2
until #entries == 0 or count >= limit or scanned >= SCAN_MAX
reply[2] = redis.call('ZRANGEBYSCORE', divergent, '(' .. now_text, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)[2]
  or ''
return reply
