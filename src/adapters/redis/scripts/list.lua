#!lua
--[[
Puts a group on its tenant's list, where that has room.

KEYS  1 list  sorted set: groupId, all at 0
ARGV  1 id of the group
      2 how many the list may hold with it, '' for any number

Returns {'added', how many the list holds with it}, {'present', the same} or {'full'}.
]]
local list, group_id, max = KEYS[1], ARGV[1], tonumber(ARGV[2])
if redis.call('ZSCORE', list, group_id) then
  return { 'present', redis.call('ZCARD', list) }
end
if max and redis.call('ZCARD', list) >= max then
  return { 'full' }
end
redis.call('ZADD', list, 0, group_id)
return { 'added', redis.call('ZCARD', list) }
