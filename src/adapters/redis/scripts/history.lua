#!lua flags=no-writes
--[[
Reads a page of a group's history.

KEYS  1 fence
      2 group      hash
      3 history    list: 'at body', oldest first; the last has the number in the group's sequence
ARGV  1 identity
      2 'oldest-first' or 'newest-first'
      3 number after or before which to read; '' for all
      4 limit

Returns {number of the first entry, then the entries in ascending order}.
]]
local fence, foreign = read_fence(KEYS[1], ARGV[1])
if not fence then
  return foreign
end
local group, history = KEYS[2], KEYS[3]
local order, from, limit = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])

local last = whole(redis.call('HGET', group, SEQUENCE) or '0')
if not last then
  return refused('the group of ' .. history .. ' has a sequence that is no number')
end
local length = redis.call('LLEN', history)
local oldest = last - length + 1
local first_wanted, last_wanted
if order == 'oldest-first' then
  first_wanted = math.max(oldest, (from or 0) + 1)
  last_wanted = math.min(last, first_wanted + limit - 1)
else
  last_wanted = math.min(last, from and from - 1 or last)
  first_wanted = math.max(oldest, last_wanted - limit + 1)
end
if last_wanted < first_wanted then
  return { first_wanted }
end
return { first_wanted, unpack(redis.call('LRANGE', history, first_wanted - oldest, last_wanted - oldest)) }
