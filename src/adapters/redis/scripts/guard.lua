--[[
The head of every script: what is checked before anything else, and what all of them share. It is put
before each of them when they are loaded.

A fence is a hash: the identity of the store, the token that the latest `acquire` stored (epoch, revision,
claim), and the server on which it did so. A group is a hash of the fields that its commits set, and of
those below, whose names no field of a commit can have.
]]
local VERSION, TENANT, CREATED = '~version', '~tenant', '~created'
local GENERATION, SEQUENCE = '~generation', '~sequence'
-- The policies that have an entry in `due`: ' id id'. Which they are cannot be asked of a sorted set.
local ARMED = '~armed'
-- The last commits that were not an owner's, oldest first: ' id@at id@at'.
local REMEMBERED = '~remembered'
-- 'until holder'
local LOCK = '~lock'
local UNLISTED = '~unlisted'

-- `unpack` puts its results on a stack of 8,000.
local UNPACK_MAX = 4000

-- Tables and concatenation write numbers with 14 digits; instants have up to 16.
local function text(number)
  return string.format('%.0f', number)
end

-- The number in a text that is one of ours, nil for any other: half a generation would end whoever reads it.
local function whole(value)
  local number = tonumber(value)
  if number and number >= 0 and number < 2 ^ 53 and number % 1 == 0 then
    return number
  end
  return nil
end

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function tag_of(key)
  return string.match(key, '^{.*}')
end

-- Names this server as it runs now, and the data set that it serves.
local function server_here()
  local info = redis.call('INFO', 'server', 'replication')
  local _, run = string.find(info, '\nrun_id:', 1, true)
  local _, replication = string.find(info, '\nmaster_replid:', 1, true)
  return string.sub(info, run + 1, run + 40) .. ':'
    .. string.sub(info, replication + 1, replication + 40)
end

-- Answers the fence, or the error to return.
local function read_fence(key, identity)
  local fence = redis.pcall('HMGET', key, 'identity', 'epoch', 'revision', 'claim', 'server')
  if fence.err then
    return nil, redis.error_reply('LUTRA_FOREIGN ' .. key .. ' is no fence record: ' .. fence.err)
  end
  if fence[1] ~= identity then
    local found = fence[1] and 'one of store ' .. fence[1] or 'none'
    return nil, redis.error_reply('LUTRA_FOREIGN ' .. key .. ' should hold a fence record of store '
      .. identity .. '; it holds ' .. found)
  end
  if not (whole(fence[2]) and whole(fence[3]) and fence[4] and fence[5]) then
    return nil, redis.error_reply('LUTRA_FOREIGN ' .. key .. ' holds a fence record without a token')
  end
  return fence
end

--[[
Answers what to return to a writer that is not the owner, or whose `acquire` another server answered; nil
where it may write. The writer may have found that the other server was only restarted and has lost
nothing: it then names both, and the fence goes with them.
]]
local function refuse_owner(fence, token, restart)
  if fence[2] ~= token.epoch or fence[3] ~= token.revision or fence[4] ~= token.claim then
    return { 'fenced', fence[2], fence[3], fence[4] }
  end
  local here = server_here()
  if fence[5] == here then
    return nil
  end
  if fence[5] ~= restart.from or here ~= restart.to then
    return { 'changed', fence[5], here }
  end
  redis.call('HSET', KEYS[1], 'server', here)
  return nil
end

-- Whether the key can be used as `kind`.
local function fits(key, kind)
  local found = redis.call('TYPE', key).ok
  return found == 'none' or found == kind
end

local function refused(what)
  return redis.error_reply('LUTRA_REFUSED ' .. what)
end

-- Answers when a group's lock ends and who holds it; nothing where there is none, or none of ours.
local function read_lock(lock)
  local ends, holder = string.match(lock or '', '^(%d+) (.*)$')
  if not whole(ends) then
    return nil
  end
  return whole(ends), holder
end

-- Sets the fields that stand in ARGV from `first` on, name and value in turn, up to `last`.
local function set_fields(key, first, last)
  for from = first, last, UNPACK_MAX do
    redis.call('HSET', key, unpack(ARGV, from, math.min(from + UNPACK_MAX - 1, last)))
  end
end

-- Adds the events that stand in ARGV from `first` to `last` to the end of a history: 'at body'.
local function append_events(key, at, first, last)
  for from = first, last, UNPACK_MAX do
    local entries = {}
    for index = from, math.min(from + UNPACK_MAX - 1, last) do
      entries[#entries + 1] = at .. ' ' .. ARGV[index]
    end
    redis.call('RPUSH', key, unpack(entries))
  end
end

--[[
Drops what is beyond the bounds of a history, if that is this commit's turn; the arithmetic is that of
domain/history/retention.ts. `sequence` numbers the last of the `count` events that were just added.
]]
local function trim_history(key, group_id, sequence, count, now, bounds)
  local offset = tonumber(string.sub(group_id, -4, -3), 16) or 0
  local turn = math.floor((sequence + offset) / bounds.every)
  if turn == math.floor((sequence - count + offset) / bounds.every) then
    return
  end
  local length = redis.call('LLEN', key)
  local drop = math.max(0, length - bounds.events)
  local oldest = now - bounds.age
  while drop < length do
    local at = string.match(redis.call('LINDEX', key, drop), '^%d+')
    if tonumber(at or 0) >= oldest then
      break
    end
    drop = drop + 1
  end
  if drop > 0 then
    redis.call('LTRIM', key, drop, -1)
  end
end
