#!lua
--[[
Takes a group's lock for one pass, unless another pass holds it.

KEYS  1 fence
      2 group      hash
      3 divergent  sorted set: groupId by checkAt
ARGV  1 identity   2-4 token   5-6 servers of a harmless restart: as in commit.lua
      7 group id
      8 holder
      9 how long the lock lasts, in ms

Returns {'locked', now, tenant, version, generation, launch, limits, observed, state}, {'held', until}, {'absent'},
{'fenced', epoch, revision, claim} or {'changed', from, to}. A text that is missing is nil.
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

local fields = redis.call('HMGET', group, VERSION, LOCK, TENANT, GENERATION, 'launch', 'limits',
  'observed', 'state')
if not fields[1] then
  return { 'absent' }
end
local generation = whole(fields[4] or '0')
if not generation or not fields[3] then
  return refused('group ' .. id .. ' has a generation that is no number, or no tenant')
end
local now = now_ms()
local held_until, held_by = read_lock(fields[2])
if held_by and held_by ~= holder and held_until > now then
  local check_at = redis.call('ZSCORE', divergent, id)
  if check_at and tonumber(check_at) < held_until then
    redis.call('ZADD', divergent, text(held_until), id)
  end
  return { 'held', held_until }
end
local ends = text(now + ttl)
redis.call('HSET', group, LOCK, ends .. ' ' .. holder)
-- Should the pass die, the group is looked at again when its lock ends; until then nobody need look.
redis.call('ZADD', divergent, ends, id)
return { 'locked', now, fields[3], fields[1], generation, fields[5], fields[6], fields[7], fields[8] }
