#!lua
--[[
Puts a group on its tenant's list, where that has room. A place that is claimed is not for good yet: whoever claimed it is
still to look at the lists of other stores, and nobody else may count on it or give it back. Who does not come
back to it within a minute can lose it to another one who wants the same group.

KEYS  1 list    sorted set: groupId, all at 0
      2 claims  hash: groupId to 'claim since', of places that are not for good yet
ARGV  1 id of the group
      2 how many the list may hold with it, '' for any number
      3 the claim, '' where the place is for good at once

Returns {'added', how many the list holds with it}, {'present'}, {'claimed'} by somebody else, or {'full'}.
]]
local list, claims = KEYS[1], KEYS[2]
local group_id, max, claim = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local claim_ms, claims_ms = 60000, 3600000

local is_listed = redis.call('ZSCORE', list, group_id)
local found = is_listed and claim ~= '' and redis.call('HGET', claims, group_id)
if is_listed and not found then
  return { 'present' }
end
local now = now_ms()
if found then
  local by, since = string.match(found, '^(%S+) (%d+)$')
  if by ~= claim and tonumber(since) + claim_ms > now then
    return { 'claimed' }
  end
elseif max and redis.call('ZCARD', list) >= max then
  return { 'full' }
else
  redis.call('ZADD', list, 0, group_id)
end
if claim ~= '' then
  redis.call('HSET', claims, group_id, claim .. ' ' .. string.format('%.0f', now))
  redis.call('PEXPIRE', claims, claims_ms)
end
return { 'added', redis.call('ZCARD', list) }
