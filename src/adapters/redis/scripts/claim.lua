#!lua
--[[
Ends the claim of a place on a tenant's list: the place is for good, or given back.

KEYS  1 list    as in list.lua
      2 claims
ARGV  1 id of the group
      2 the claim
      3 'keep' or 'give'

Returns {'kept'}, {'given'}, or {'lost'} where the place is not claimed so any more: then nothing is changed.
]]
local list, claims = KEYS[1], KEYS[2]
local group_id, claim, verdict = ARGV[1], ARGV[2], ARGV[3]

local found = redis.call('HGET', claims, group_id)
if not found or string.match(found, '^(%S+) ') ~= claim then
  return { 'lost' }
end
redis.call('HDEL', claims, group_id)
if verdict == 'keep' then
  return { 'kept' }
end
redis.call('ZREM', list, group_id)
return { 'given' }
