#!lua
--[[
Ends the pass of a holder: records what it saw, releases its lock, and moves or ends the divergence.

KEYS  1 fence
      2 group      hash
      3 divergent  sorted set: groupId by checkAt
      4 history    list: 'at body', oldest first
ARGV  1 identity   2-4 token   5-6 servers of a harmless restart: as in commit.lua
      7 group id
      8 holder
      9 generation that the pass worked on
     10 in how many ms to look again; '' ends the divergence
     11 history: events kept   12 ms kept   13 events per trim
     14 count of texts that set (names and values); then these, then the events

Returns {'settled', '1' or '' (whether the divergence has ended)}, {'lost'},
{'fenced', epoch, revision, claim} or {'changed', from, to}.
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
local group, divergent, history = KEYS[2], KEYS[3], KEYS[4]
local id, holder, generation, retry_ms = ARGV[7], ARGV[8], tonumber(ARGV[9]), ARGV[10]
local bounds = { events = tonumber(ARGV[11]), age = tonumber(ARGV[12]), every = tonumber(ARGV[13]) }
local FIRST_SET = 15
local first_event = FIRST_SET + ARGV[14]
local event_count = #ARGV - first_event + 1
if not fits(group, 'hash') or not fits(divergent, 'zset') or not fits(history, 'list') then
  return refused('group ' .. id .. ', its history, or the list of divergent groups, is of another type')
end

local fields = redis.call('HMGET', group, LOCK, GENERATION, SEQUENCE)
local _, held_by = read_lock(fields[1])
-- An expired lock that nobody else took is still its holder's to settle.
if held_by ~= holder then
  return { 'lost' }
end
local newest, sequence = whole(fields[2] or '0'), whole(fields[3] or '0')
if not newest or not sequence then
  return refused('group ' .. id .. ' has a generation or sequence that is no number')
end
local now = now_ms()

-- When the group is looked at after the pass; a mark that came during it waits for nothing.
local function next_check()
  if newest ~= generation then
    local check_at = tonumber(redis.call('ZSCORE', divergent, id) or now)
    return math.min(check_at, now)
  end
  return retry_ms ~= '' and now + retry_ms or nil
end
local check_at = next_check()

redis.call('HDEL', group, LOCK)
set_fields(group, FIRST_SET, first_event - 1)
if check_at then
  redis.call('ZADD', divergent, text(check_at), id)
else
  redis.call('ZREM', divergent, id)
end
if event_count > 0 then
  sequence = sequence + event_count
  redis.call('HSET', group, SEQUENCE, sequence)
  append_events(history, text(now), first_event, #ARGV)
  trim_history(history, id, sequence, event_count, now, bounds)
end
return { 'settled', check_at and '' or '1' }
