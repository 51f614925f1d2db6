-- ARGV: lifetime of what ended (ms), most dead letters; then of each attempt, at most BATCH: id, fence, how (done, retry,
-- defer, release, fail, cancelled), failure, delay (µs). Returns each job's new state, or an empty text when the fence
-- doesn't match.
local ended, most = ARGV[1], tonumber(ARGV[2])

local function try_later(id, delay)
  redis.call('HSET', job_key(id), 'state', 'retrying', 'changed', now)
  redis.call('HDEL', job_key(id), 'worker')
  redis.call('ZADD', retrying, now + tonumber(delay), id)
  ring()
  return 'retrying'
end

local ends = {
  done = function(id, tenant)
    hide(id, tenant)
    redis.call('UNLINK', job_key(id))
    return 'done'
  end,
  retry = function(id, _, _, failure, delay)
    note(id, failure)
    return try_later(id, delay)
  end,
  defer = function(id, _, _, failure, delay)
    redis.call('HSET', job_key(id), 'failure', failure)
    redis.call('HINCRBY', job_key(id), 'attempt', -1)
    redis.call('HINCRBY', job_key(id), 'deferrals', 1)
    return try_later(id, delay)
  end,
  release = function(id, _, since)
    redis.call('HDEL', job_key(id), 'worker')
    redis.call('HINCRBY', job_key(id), 'attempt', -1)
    enqueue(id, since)
    ring()
    return 'waiting'
  end,
  fail = function(id, _, _, failure)
    conclude(id, 'failed', failure)
    trim_dead(most)
    return 'failed'
  end,
  cancelled = function(id)
    conclude(id, 'cancelled')
    return 'cancelled'
  end,
}

local function settle(id, fence, how, failure, delay)
  local state, held, attempt, max, cancel, since, tenant, report = unpack(redis.call('HMGET', job_key(id), 'state',
    'fence', 'attempt', 'max', 'cancel', 'since', 'tenant', 'report'))
  if state ~= 'running' or held ~= fence then return '' end
  if cancel and (how == 'retry' or how == 'defer' or how == 'release') then how = 'cancelled' end
  if how == 'retry' and tonumber(attempt) >= tonumber(max) then how = 'fail' end
  local became = ends[how](id, tenant, since, failure, delay)
  stop(id, tenant, report)
  return became
end

local states = {}
for at = 3, math.min(#ARGV, 2 + 5 * BATCH), 5 do states[#states + 1] = settle(unpack(ARGV, at, at + 4)) end
return states
