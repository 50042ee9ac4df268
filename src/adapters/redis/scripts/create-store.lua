#!lua
--[[
Takes an empty database for a store, or finds the store that is there.

KEYS  1 store     hash: identity, layout, format, and whether its fences are complete
ARGV  1 identity
      2 layout
      3 format

Returns {identity, layout, format, is complete ('' or '1')} of the store that is there now.
]]
if not fits(KEYS[1], 'hash') then
  return redis.error_reply('LUTRA_FOREIGN ' .. KEYS[1] .. ' is not a store')
end
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('HSET', KEYS[1], 'identity', ARGV[1], 'layout', ARGV[2], 'format', ARGV[3], 'complete', '')
end
return redis.call('HMGET', KEYS[1], 'identity', 'layout', 'format', 'complete')
