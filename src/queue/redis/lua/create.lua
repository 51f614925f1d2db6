-- Follows the prelude in scripts that make a job: push and admit.

-- Finds the job that stands in a new one's way: the verdict and that job's id, or nothing.
local function standing(id, tenant, key, digest)
  local owner = redis.call('HGET', job_key(id), 'tenant')
  if owner then
    if owner == tenant then return 'existing', id end
    return 'foreign', id
  end
  if key == '' then return nil end
  local old, old_digest = unpack(redis.call('HMGET', prefix .. 'key:' .. tenant .. ':' .. key, 'id', 'digest'))
  if not old then return nil end
  if old_digest == digest then return 'existing', old end
  return 'conflict', old
end

-- Whether the tenant has as much waiting as it may.
local function full(new)
  local most, most_bytes = unpack(redis.call('HMGET', policy, 'waiting', 'bytes'))
  if not most then return false end
  local run, bytes = unpack(redis.call('HMGET', load, 't:' .. new.tenant, 'b:' .. new.tenant))
  return redis.call('ZCARD', prefix .. 'jobs:' .. new.tenant) - (tonumber(run) or 0) >= tonumber(most)
    or (tonumber(bytes) or 0) + string.len(new.job) > tonumber(most_bytes)
end

-- Writes a new job's hash.
local function create(new, state, since)
  redis.call('HSET', job_key(new.id), 'state', state, 'changed', now, 'since', since, 'job', new.job, 'tenant', new.tenant, 'report', new.report, 'lane', new.lane,
    'accepted', new.accepted, 'max', new.max, 'attempt', 0, 'fence', 0, 'trace', new.trace,
    'slots', new.slots)
  show(new.id, new.tenant, new.accepted, string.len(new.job))
end

local function remember_key(new, lifetime)
  if new.key == '' then return end
  local key = prefix .. 'key:' .. new.tenant .. ':' .. new.key
  redis.call('HSET', key, 'id', new.id, 'digest', new.digest)
  redis.call('PEXPIRE', key, lifetime)
end

-- Puts a new job into its line or the schedule.
local function place(new, key_lifetime)
  remember_key(new, key_lifetime)
  local due = tonumber(new.run_at)
  if due and due > now then
    create(new, 'scheduled', due)
    redis.call('ZADD', scheduled, due, new.id)
  else
    create(new, 'waiting', now)
    line_up(new.id, new.lane, new.tenant, new.report, now)
  end
  ring()
end

-- Reads a job from the arguments that follow the script's own.
local function arguments(from)
  return { id = ARGV[from], tenant = ARGV[from + 1], report = ARGV[from + 2], lane = ARGV[from + 3],
    accepted = ARGV[from + 4], max = ARGV[from + 5], run_at = ARGV[from + 6], job = ARGV[from + 7],
    trace = ARGV[from + 8], key = ARGV[from + 9], digest = ARGV[from + 10], slots = ARGV[from + 11] }
end
