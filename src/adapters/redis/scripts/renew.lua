#!lua
--[[
Extends a lock that its holder still has.

KEYS  1 fence
      2 group      hash
      3 divergent  sorted set: groupId by checkAt
ARGV  as in lock.lua

Returns {'renewed', generation, state}, {'lost'}, {'fenced', epoch, revision, claim} or {'changed', from, to}.
A text that is missing is nil.
]]
local fence, foreign = read_fence(KEYS[1], ARGV[1])
if not fence then
  return foreign
end
local token = { epoch = ARGV[2], revision = ARGV[3], claim = ARGV[4] }
local refusal = refuse_owner(fence, token, { from = ARGV[5], to = ARGV[6] })
if refusal then
  return refusal
end
local group, divergent = KEYS[2], KEYS[3]
local id, holder, ttl = ARGV[7], ARGV[8], tonumber(ARGV[9])
if not fits(group, 'hash') or not fits(divergent, 'zset') then
  return refused('group ' .. id .. ', or the list of divergent groups, is of another type')
end

local fields = redis.call('HMGET', group, LOCK, GENERATION, 'state')
local held_until, held_by = read_lock(fields[1])
local now = now_ms()
if held_by ~= holder or held_until <= now then
  return { 'lost' }
end
local generation = whole(fields[2] or '0')
if not generation then
  return refused('group ' .. id .. ' has a generation that is no number')
end
local ends = text(now + ttl)
local check_at = redis.call('ZSCORE', divergent, id)
redis.call('HSET', group, LOCK, ends .. ' ' .. holder)
-- Where the next check is the lock's end it moves with it; a mark that came meanwhile stays in its place.
if tonumber(check_at) == held_until then
  redis.call('ZADD', divergent, ends, id)
end
return { 'renewed', generation, fields[3] }
