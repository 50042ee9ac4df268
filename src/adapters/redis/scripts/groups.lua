#!lua flags=no-writes
--[[
Reads groups of one partition: the named ones, or a page of all in ascending order of id.

KEYS  1 fence
      2 groups     sorted set: groupId, all at 0
      3 due        sorted set: groupId/policyId by dueAt
      4 divergent  sorted set: groupId by checkAt
      and, made here under the tag of these, the groups that are read
ARGV  1 identity
      2 'walk' or 'named'
      3 count of fields to read, 0 for all; then these
      then, to walk: lower bound of a range by text, limit
      or the ids of the groups

Returns {now, then of every group that is there: id, {field, value, ..}, {policy id, dueAt, ..},
'1' or '' (whether it is divergent)}. Fields include those of guard.lua.
]]
local fence, foreign = read_fence(KEYS[1], ARGV[1])
if not fence then
  return foreign
end
local groups, due, divergent = KEYS[2], KEYS[3], KEYS[4]
local group_prefix = tag_of(groups) .. ':group:'
local field_count = tonumber(ARGV[3])
local first_id = 4 + field_count

-- Of a hash that is not there both answer no version.
local function read_fields(key)
  if field_count == 0 then
    return redis.pcall('HGETALL', key)
  end
  local names = { VERSION, TENANT, GENERATION, ARMED, UNLISTED, CREATED, unpack(ARGV, 4, 3 + field_count) }
  local values = redis.pcall('HMGET', key, unpack(names))
  local fields = { err = values.err }
  for index, name in ipairs(names) do
    if values[index] then
      fields[#fields + 1] = name
      fields[#fields + 1] = values[index]
    end
  end
  return fields
end

local function value_of(fields, name)
  for index = 1, #fields, 2 do
    if fields[index] == name then
      return fields[index + 1]
    end
  end
  return nil
end

local function read_due(id, armed)
  local policies, members = {}, {}
  for policy in string.gmatch(armed or '', '[^ ]+') do
    policies[#policies + 1] = policy
    members[#members + 1] = id .. '/' .. policy
  end
  if #members == 0 then
    return {}
  end
  local found = {}
  local scores = redis.call('ZMSCORE', due, unpack(members))
  for index, policy in ipairs(policies) do
    if scores[index] then
      found[#found + 1] = policy
      found[#found + 1] = scores[index]
    end
  end
  return found
end

local reply = { now_ms() }
-- Whether there is such a group. What is not one is left out: a reader of many is not stopped by one.
local function answer(id)
  local fields = read_fields(group_prefix .. id)
  if fields.err or not value_of(fields, VERSION) then
    return false
  end
  local size = #reply
  reply[size + 1], reply[size + 2] = id, fields
  reply[size + 3] = read_due(id, value_of(fields, ARMED))
  reply[size + 4] = redis.call('ZSCORE', divergent, id) and '1' or ''
  return true
end

-- A page is short only where it is the last.
local function walk(lower, wanted)
  repeat
    local ids = redis.call('ZRANGEBYLEX', groups, lower, '+', 'LIMIT', 0, wanted)
    for _, id in ipairs(ids) do
      wanted = wanted - (answer(id) and 1 or 0)
      lower = '(' .. id
    end
  until #ids == 0 or wanted == 0
end

if ARGV[2] == 'walk' then
  walk(ARGV[first_id], tonumber(ARGV[first_id + 1]))
else
  for index = first_id, #ARGV do
    answer(ARGV[index])
  end
end
return reply
