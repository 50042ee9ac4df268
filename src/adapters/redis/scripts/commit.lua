#!lua
--[[
Commits units of different groups of one partition: checks the fence once, then judges every unit, and then
applies those that nothing speaks against.

All units are judged before the first is applied: a script that fails half-way is not rolled back, so what
could fail (a key of another type, a number that is none) is looked at first, and refuses the whole batch.

KEYS  1 fence
      2 due        sorted set: groupId/policyId by dueAt
      3 divergent  sorted set: groupId by checkAt
      4 groups     sorted set: groupId, all at 0
      5 tombstones hash: groupId to the version and the remembered commits of a group that was removed
      6 buried     sorted set: groupId by when it was removed
      then of every unit
      1 group      hash
      2 history    list: 'at body', oldest first; the last has the number in the group's sequence
ARGV  1 identity
      2 epoch      of the token, as are the next two; '' where the write is not an owner's
      3 revision
      4 claim
      5 from       servers of a harmless restart, both or none
      6 to
      7 how long a decision may be applied, in ms
      8 how many commits a group remembers
      9 how long a tombstone lasts, in ms   10 how many one removal clears away
     11 history: events kept   12 ms kept   13 events per trim
     14 channel of the partition's wakes
     15 count of units
      then of every unit
      1 group id   2 tenant id   3 commit id   4 expected version, '' for none
      5 decidedAt; 'change', 'empty' (of all that was there) or 'remove'; 'mark' or 'keep'; 'drop' or 'keep'; and the counts of texts that
        set (names and values), of names to remove, of texts that move (policy ids and instants, '' to
        disarm) and of events; with a space between each (an argument for each cost the client a third more)
      then these, one after the other

Returns {'answered', now, one letter per unit: a applied, r repeated, s stale, u unknown},
{'fenced', epoch, revision, claim} or {'changed', from, to}.
]]
local fence, foreign = read_fence(KEYS[1], ARGV[1])
if not fence then
  return foreign
end
local due, divergent, groups, tombstones, buried = KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local is_owner = ARGV[2] ~= ''
if is_owner then
  local token = { epoch = ARGV[2], revision = ARGV[3], claim = ARGV[4] }
  local refusal = refuse_owner(fence, token, { from = ARGV[5], to = ARGV[6] })
  if refusal then
    return refusal
  end
end
local decision_age_max, remembered_max = tonumber(ARGV[7]), tonumber(ARGV[8])
local tombstone_ms, cleared_max = tonumber(ARGV[9]), tonumber(ARGV[10])
local bounds = { events = tonumber(ARGV[11]), age = tonumber(ARGV[12]), every = tonumber(ARGV[13]) }
local channel, unit_count = ARGV[14], tonumber(ARGV[15])
local FIRST_UNIT_KEY, KEYS_PER_UNIT = 7, 2
local FIRST_UNIT_ARG, ARGS_PER_UNIT = 16, 5
local UNIT = '^(-?%d+) (%a+) (%a+) (%a+) (%d+) (%d+) (%d+) (%d+)$'

local now = now_ms()
local now_text = text(now)

-- What an owner's commit reads of a group comes first: it needs no memory of others.
local HEAD = { VERSION, GENERATION, SEQUENCE, ARMED, REMEMBERED }
local HEAD_OF_OWNER = { VERSION, GENERATION, SEQUENCE, ARMED }

local function parse_units()
  local units = {}
  local arg = FIRST_UNIT_ARG
  for index = 1, unit_count do
    local key = FIRST_UNIT_KEY + KEYS_PER_UNIT * (index - 1)
    local decided_at, act, mark, listing, sets, removals, shifts, events =
      string.match(ARGV[arg + 4], UNIT)
    local first_set = arg + ARGS_PER_UNIT
    local first_removed = first_set + sets
    local first_move = first_removed + removals
    local first_event = first_move + shifts
    local next_arg = first_event + events
    units[index] = {
      group = KEYS[key], history = KEYS[key + 1],
      id = ARGV[arg], tenant = ARGV[arg + 1], commit = ARGV[arg + 2], expected = ARGV[arg + 3],
      decided_at = tonumber(decided_at), removes = act == 'remove', empties = act == 'empty', marks = mark == 'mark',
      drops = listing == 'drop',
      first_set = first_set, first_removed = first_removed, first_move = first_move,
      first_event = first_event, last_event = next_arg - 1,
    }
    arg = next_arg
  end
  return units
end

-- Whether the memory is full and nothing in it is older than the decision.
local function may_be_forgotten(remembered, decided_at)
  local count, oldest = 0, math.huge
  for at in string.gmatch(remembered or '', '@(%d+)') do
    count, oldest = count + 1, math.min(oldest, tonumber(at))
  end
  return count >= remembered_max and oldest >= decided_at
end

-- Reads what is left of a group that was removed.
local function dig_up(unit)
  local tombstone = redis.call('HGET', tombstones, unit.id)
  if tombstone then
    unit.buried_version, unit.remembered = string.match(tombstone, '^([^ ]*)(.*)$')
  end
end

-- Sets the unit's verdict, nil where it is to be applied. Answers an error, or nil.
local function judge(unit)
  local head = redis.pcall('HMGET', unit.group, unpack(is_owner and HEAD_OF_OWNER or HEAD))
  if head.err then
    return refused('group ' .. unit.id .. ': ' .. head.err)
  end
  unit.version = head[1]
  unit.generation, unit.sequence = whole(head[2] or '0'), whole(head[3] or '0')
  unit.armed, unit.remembered = head[4] or '', head[5] or nil
  if not unit.version then
    dig_up(unit)
  end
  if (unit.version or unit.buried_version) == unit.commit then
    unit.verdict = 'r'
    return nil
  end
  local memory = not is_owner and unit.remembered or ''
  if string.find(memory, ' ' .. unit.commit .. '@', 1, true) then
    unit.verdict = 'r'
    return nil
  end
  if (unit.version or '') ~= unit.expected then
    -- Before its age: of an old repeat that was forgotten, `stale` would say that it was never applied.
    unit.verdict = not is_owner and may_be_forgotten(memory, unit.decided_at) and 'u' or 's'
    return nil
  end
  local age = now - unit.decided_at
  if age < 0 or age > decision_age_max then
    unit.verdict = 's'
    return nil
  end
  if not unit.generation or not unit.sequence then
    return refused('group ' .. unit.id .. ' has a generation or sequence that is no number')
  end
  if unit.last_event >= unit.first_event and not fits(unit.history, 'list') then
    return refused('the history of group ' .. unit.id .. ' is not a list')
  end
  return nil
end

-- By member of `due`: its instant, or false to take it out. Written once for all units.
local moves, marks = {}, {}

local function remembering(unit)
  local _, count = string.gsub(unit.remembered or '', '@', '')
  local kept = unit.remembered or ''
  if count >= remembered_max then
    kept = string.gsub(kept, '^ [^ ]+', '', 1)
  end
  return kept .. ' ' .. unit.commit .. '@' .. now_text
end

local function move_policies(unit)
  local armed = unit.armed
  for index = unit.first_move, unit.first_event - 1, 2 do
    local policy, at = ARGV[index], ARGV[index + 1]
    local first, last = string.find(armed, ' ' .. policy, 1, true)
    if at == '' and first then
      armed = string.sub(armed, 1, first - 1) .. string.sub(armed, last + 1)
    elseif at ~= '' and not first then
      armed = armed .. ' ' .. policy
    end
    moves[unit.id .. '/' .. policy] = at ~= '' and at
  end
  if armed ~= unit.armed then
    redis.call('HSET', unit.group, ARMED, armed)
  end
end

-- Drops all that is not the store's own to know.
local function empty(unit)
  local fields = redis.call('HGETALL', unit.group)
  for index = 1, #fields, 2 do
    if string.sub(fields[index], 1, 1) ~= '~' then
      redis.call('HDEL', unit.group, fields[index])
    end
  end
  redis.call('UNLINK', unit.history)
  for policy in string.gmatch(unit.armed, '[^ ]+') do
    moves[unit.id .. '/' .. policy] = false
  end
  redis.call('HDEL', unit.group, ARMED)
  unit.armed = ''
end

local function apply_change(unit)
  if unit.empties then
    empty(unit)
  end
  if unit.first_removed < unit.first_move then
    for from = unit.first_removed, unit.first_move - 1, UNPACK_MAX do
      redis.call('HDEL', unit.group, unpack(ARGV, from, math.min(from + UNPACK_MAX, unit.first_move) - 1))
    end
  end
  local event_count = unit.last_event - unit.first_event + 1
  local sequence = unit.sequence + event_count
  if unit.marks then
    unit.generation = unit.generation + 1
    marks[#marks + 1] = now_text
    marks[#marks + 1] = unit.id
  end
  local first_of_more = math.min(unit.first_set + UNPACK_MAX, unit.first_removed)
  redis.call('HSET', unit.group, VERSION, unit.commit, GENERATION, unit.generation, SEQUENCE, sequence,
    unpack(ARGV, unit.first_set, first_of_more - 1))
  set_fields(unit.group, first_of_more, unit.first_removed - 1)
  if not unit.version then
    redis.call('HSET', unit.group, TENANT, unit.tenant, CREATED, now_text)
    redis.call('ZADD', groups, 0, unit.id)
    redis.call('HDEL', tombstones, unit.id)
    redis.call('ZREM', buried, unit.id)
    redis.call('UNLINK', unit.history)
    if unit.remembered and is_owner then
      redis.call('HSET', unit.group, REMEMBERED, unit.remembered)
    end
  end
  if not is_owner then
    redis.call('HSET', unit.group, REMEMBERED, remembering(unit))
  end
  if unit.drops then
    redis.call('HSET', unit.group, UNLISTED, '1')
  end
  if unit.first_move < unit.first_event then
    move_policies(unit)
  end
  if event_count > 0 then
    append_events(unit.history, now_text, unit.first_event, unit.last_event)
    trim_history(unit.history, unit.id, sequence, event_count, now, bounds)
  end
end

local function bury(unit, remembered)
  local outlived = redis.call('ZRANGEBYSCORE', buried, '-inf', '(' .. text(now - tombstone_ms),
    'LIMIT', 0, cleared_max)
  for _, id in ipairs(outlived) do
    redis.call('HDEL', tombstones, id)
    redis.call('ZREM', buried, id)
  end
  redis.call('HSET', tombstones, unit.id, unit.commit .. remembered)
  redis.call('ZADD', buried, now_text, unit.id)
end

local function apply_removal(unit)
  local remembered
  if is_owner then
    remembered = redis.call('HGET', unit.group, REMEMBERED) or ''
  else
    remembered = remembering(unit)
  end
  bury(unit, remembered)
  redis.call('UNLINK', unit.group, unit.history)
  redis.call('ZREM', groups, unit.id)
  redis.call('ZREM', divergent, unit.id)
  for policy in string.gmatch(unit.armed, '[^ ]+') do
    moves[unit.id .. '/' .. policy] = false
  end
end

-- A repeat changes nothing, but there has to be a write for its WAIT to wait for.
local function rewrite(unit)
  if unit.version then
    redis.call('HSET', unit.group, VERSION, unit.version)
  else
    redis.call('HSET', tombstones, unit.id, unit.buried_version .. unit.remembered)
  end
end

local function write_pairs(command, key, list)
  for from = 1, #list, UNPACK_MAX do
    redis.call(command, key, unpack(list, from, math.min(from + UNPACK_MAX - 1, #list)))
  end
end

-- Answers the earliest instant at which something was armed.
local function write_moves()
  local added, taken, earliest = {}, {}, math.huge
  for member, at in pairs(moves) do
    if at then
      added[#added + 1] = at
      added[#added + 1] = member
      earliest = math.min(earliest, tonumber(at))
    else
      taken[#taken + 1] = member
    end
  end
  write_pairs('ZADD', due, added)
  write_pairs('ZREM', due, taken)
  return earliest
end

if not fits(due, 'zset') or not fits(divergent, 'zset') or not fits(groups, 'zset')
  or not fits(tombstones, 'hash') or not fits(buried, 'zset') then
  return redis.error_reply('LUTRA_FOREIGN the partition of ' .. KEYS[1] .. ' holds keys of other types')
end
local units = parse_units()
for _, unit in ipairs(units) do
  local unfit = judge(unit)
  if unfit then
    return unfit
  end
end
-- What was due already does not count: a scan may be past it.
local next_due = redis.call('ZRANGEBYSCORE', due, '(' .. now_text, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)[2]
-- Every check is above this line, every write below.
local letters = {}
for index, unit in ipairs(units) do
  letters[index] = unit.verdict or 'a'
  if not unit.verdict then
    if unit.removes then
      apply_removal(unit)
    else
      apply_change(unit)
    end
  elseif unit.verdict == 'r' and not is_owner then
    rewrite(unit)
  end
end
local earliest = write_moves()
write_pairs('ZADD', divergent, marks)
-- Told from in here, so that a writer that dies before it reads its answer has told already. Only hints:
-- whoever may not publish is not refused.
if earliest < tonumber(next_due or 'inf') then
  redis.pcall('PUBLISH', channel, 'due')
end
if #marks > 0 then
  redis.pcall('PUBLISH', channel, 'divergent')
end
return { 'answered', now, table.concat(letters) }
