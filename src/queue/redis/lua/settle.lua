-- ARGV: id, fence, how (done, retry, defer, release, fail, cancelled), failure, delay (µs), lifetime of what ended (ms),
-- most dead letters. Returns the job's new state, or false when the fence doesn't match.
local id, fence, how, failure, delay, ended, most = unpack(ARGV)
local state, held, attempt, max, cancel, since, tenant, report =
  unpack(redis.call('HMGET', job_key(id), 'state', 'fence', 'attempt', 'max', 'cancel', 'since', 'tenant', 'report'))
if state ~= 'running' or held ~= fence then return false end

if cancel and (how == 'retry' or how == 'defer' or how == 'release') then how = 'cancelled' end
if how == 'retry' and tonumber(attempt) >= tonumber(max) then how = 'fail' end

local function try_later()
  redis.call('HSET', job_key(id), 'state', 'retrying', 'changed', now)
  redis.call('HDEL', job_key(id), 'worker')
  redis.call('ZADD', retrying, now + tonumber(delay), id)
  ring()
  return 'retrying'
end

local ends = {
  done = function()
    hide(id, tenant)
    redis.call('UNLINK', job_key(id))
    return 'done'
  end,
  retry = function()
    note(id, failure)
    return try_later()
  end,
  defer = function()
    redis.call('HSET', job_key(id), 'failure', failure)
    redis.call('HINCRBY', job_key(id), 'attempt', -1)
    redis.call('HINCRBY', job_key(id), 'deferrals', 1)
    return try_later()
  end,
  release = function()
    redis.call('HDEL', job_key(id), 'worker')
    redis.call('HINCRBY', job_key(id), 'attempt', -1)
    enqueue(id, since)
    return 'waiting'
  end,
  fail = function()
    conclude(id, 'failed', failure)
    trim_dead(tonumber(most), ended)
    return 'failed'
  end,
  cancelled = function()
    conclude(id, 'cancelled')
    return 'cancelled'
  end,
}
local became = ends[how]()
stop(id, tenant, report)
return became
