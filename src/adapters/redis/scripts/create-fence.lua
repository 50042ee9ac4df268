#!lua
--[[
Gives one partition of a store that is being made its zero fence. One that is there stays as it is.

KEYS  1 fence
ARGV  1 identity

Returns {'created'} or {'present'}.
]]
if not fits(KEYS[1], 'hash') then
  return redis.error_reply('LUTRA_FOREIGN ' .. KEYS[1] .. ' is no fence record')
end
if redis.call('EXISTS', KEYS[1]) == 1 then
  local fence, foreign = read_fence(KEYS[1], ARGV[1])
  return foreign or { 'present' }
end
redis.call('HSET', KEYS[1], 'identity', ARGV[1], 'epoch', '0', 'revision', '0', 'claim', '', 'server', '')
return { 'created' }
