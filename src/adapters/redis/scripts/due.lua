#!lua flags=no-writes
--[[
Reads what is due in a partition, the earliest first, with what a decision about each group needs.

KEYS  1 fence
      2 due        sorted set: groupId/policyId by dueAt
      and, made here under the tag of these, the groups that are found
ARGV  1 identity
      2 limit      of policies

Returns {now, when the next policy that is not due will be ('' for never), count of policies,
then of every group: id, tenant, version, limits, state, calendars, count of its policies,
then of every policy: id, dueAt, definition, progress}. A text that is missing is nil; of a group that
cannot be read, tenant and version are ''.
]]
local fence, foreign = read_fence(KEYS[1], ARGV[1])
if not fence then
  return foreign
end
local due, limit = KEYS[2], tonumber(ARGV[2])
local group_prefix = tag_of(due) .. ':group:'
-- How far a scan goes over entries of groups that are not there; nothing of ours leaves any.
local SCAN_MAX = 10 * limit

local now = now_ms()
local now_text = text(now)

local function read_group(id, policies)
  local names = { VERSION, TENANT, 'limits', 'state', 'calendars' }
  for _, policy in ipairs(policies) do
    names[#names + 1] = 'policy:' .. policy.id
    names[#names + 1] = 'progress:' .. policy.id
  end
  local fields = redis.pcall('HMGET', group_prefix .. id, unpack(names))
  if fields.err then
    return { '', '' }
  end
  return fields[1] and fields
end

-- Answers the groups of the entries in their order; adds to the entries what was scanned.
local function collect(entries, groups, by_id)
  for index = 1, #entries, 2 do
    local id, policy = string.match(entries[index], '^([^/]*)/(.*)$')
    if id then
      local group = by_id[id]
      if not group then
        group = { id = id, policies = {} }
        by_id[id] = group
        groups[#groups + 1] = group
      end
      group.policies[#group.policies + 1] = { id = policy, at = entries[index + 1] }
    end
  end
end

local reply = { now, '', 0 }
local function answer(group)
  local fields = read_group(group.id, group.policies)
  if not fields then
    return
  end
  local size = #reply
  reply[size + 1] = group.id
  reply[size + 2] = fields[2] or ''
  reply[size + 3] = fields[1]
  reply[size + 4] = fields[3] or false
  reply[size + 5] = fields[4] or false
  reply[size + 6] = fields[5] or false
  reply[size + 7] = #group.policies
  size = size + 7
  for index, policy in ipairs(group.policies) do
    reply[size + 1] = policy.id
    reply[size + 2] = policy.at
    reply[size + 3] = fields[4 + 2 * index] or false
    reply[size + 4] = fields[5 + 2 * index] or false
    size = size + 4
  end
  reply[3] = reply[3] + #group.policies
end

local scanned = 0
repeat
  local entries = redis.call('ZRANGEBYSCORE', due, '-inf', now_text, 'WITHSCORES',
    'LIMIT', scanned, limit - reply[3])
  scanned = scanned + #entries / 2
  local groups = {}
  collect(entries, groups, {})
  for _, group in ipairs(groups) do
    answer(group)
  end
until #entries == 0 or reply[3] >= limit or scanned >= SCAN_MAX
reply[2] = redis.call('ZRANGEBYSCORE', due, '(' .. now_text, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)[2] or ''
return reply
