-- ARGV: id, fence, how (done, retry, release, fail, cancelled), failure, delay (µs), ended lifetime (ms),
-- most dead letters. Returns the job's new state, or false when the fence doesn't match.
local id, fence, how, failure, delay, ended, most = unpack(ARGV)
local state, held, attempt, max, cancel, since =
  unpack(redis.call('HMGET', job_key(id), 'state', 'fence', 'attempt', 'max', 'cancel', 'since'))
if state ~= 'running' or held ~= fence then return false end
redis.call('ZREM', running, id)
redis.call('HDEL', job_key(id), 'worker')

if cancel and (how == 'retry' or how == 'release') then how = 'cancelled' end
if how == 'retry' and tonumber(attempt) >= tonumber(max) then how = 'fail' end

if how == 'done' then
  redis.call('HSET', job_key(id), 'state', 'done', 'changed', now)
  redis.call('HDEL', job_key(id), 'failure', 'cancel')
  hide(id)
  forget(id, ended)
  return 'done'
elseif how == 'retry' then
  redis.call('HSET', job_key(id), 'state', 'retrying', 'changed', now, 'failure', failure)
  redis.call('ZADD', retrying, now + tonumber(delay), id)
  ring()
  return 'retrying'
elseif how == 'release' then
  redis.call('HINCRBY', job_key(id), 'attempt', -1)
  enqueue(id, since)
  ring()
  return 'waiting'
elseif how == 'fail' then
  conclude(id, 'failed', failure)
  trim_dead(tonumber(most), ended)
  return 'failed'
end
conclude(id, 'cancelled')
return 'cancelled'
