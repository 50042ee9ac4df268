#!lua
--[[
Makes a token the partition's fence, unless the fence is newer. Creates nothing.

KEYS  1 fence
ARGV  1 identity
      2 epoch     of the token, as are the next two
      3 revision
      4 claim

Returns {'acquired', server} or {'fenced', epoch, revision, claim}.
]]
local fence, foreign = read_fence(KEYS[1], ARGV[1])
if not fence then
  return foreign
end
local token = { epoch = ARGV[2], revision = ARGV[3], claim = ARGV[4] }

-- Numbers below 2^53, which doubles hold exactly; as texts, "10" would be older than "9".
local function may_acquire()
  if fence[2] ~= token.epoch then
    return tonumber(token.epoch) > tonumber(fence[2])
  end
  if fence[3] ~= token.revision then
    return tonumber(token.revision) > tonumber(fence[3])
  end
  return token.claim == fence[4]
end

if not may_acquire() then
  return { 'fenced', fence[2], fence[3], fence[4] }
end
local server = server_here()
-- A repeat writes as well, so that there is a write for its WAIT to wait for.
redis.call('HSET', KEYS[1], 'epoch', token.epoch, 'revision', token.revision, 'claim', token.claim,
  'server', server)
return { 'acquired', server }
