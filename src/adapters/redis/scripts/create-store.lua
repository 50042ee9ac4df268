#!lua
--[[
Takes an empty database for a store, or finds the store that is there.

KEYS  1 store     hash: identity, layout, format, and whether its fences are complete
      2 probe     nothing, before and after
ARGV  1 identity
      2 layout
      3 format

Returns {identity, layout, format, is complete ('' or '1')} of the store that is there now.
]]
if not fits(KEYS[1], 'hash') then
  return redis.error_reply('LUTRA_FOREIGN ' .. KEYS[1] .. ' is not a store')
end
-- A user that may do only some of what scripts do would leave a commit half done: so all of it is tried here,
-- where there is nothing to spoil.
redis.call('UNLINK', KEYS[2])
redis.call('HSET', KEYS[2], 'a', '1')
redis.call('HDEL', KEYS[2], 'a')
redis.call('ZADD', KEYS[2], 1, 'a')
redis.call('ZREM', KEYS[2], 'a')
redis.call('RPUSH', KEYS[2], 'a', 'b')
redis.call('LTRIM', KEYS[2], 1, -1)
redis.call('UNLINK', KEYS[2])
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('HSET', KEYS[1], 'identity', ARGV[1], 'layout', ARGV[2], 'format', ARGV[3], 'complete', '')
end
return redis.call('HMGET', KEYS[1], 'identity', 'layout', 'format', 'complete')
