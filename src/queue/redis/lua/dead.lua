-- ARGV: what (retry, drop), id, ended lifetime (ms). Returns 1 when there was such a dead letter.
local what, id, ended = ARGV[1], ARGV[2], ARGV[3]
if not redis.call('ZSCORE', dead, id) then return 0 end
local state, tenant, accepted = unpack(redis.call('HMGET', job_key(id), 'state', 'tenant', 'accepted'))

if what == 'drop' then
  drop_letter(id)
  return 1
end

if state ~= 'failed' then return 0 end
redis.call('ZREM', dead, id)
redis.call('ZREM', outbox, id)
hide(id, tenant)
redis.call('HSET', job_key(id), 'attempt', 0)
redis.call('HDEL', job_key(id), 'deaths', 'deferrals', 'failures')
redis.call('PERSIST', job_key(id))
show(id, tenant, accepted, redis.call('HSTRLEN', job_key(id), 'job'))
enqueue(id, now)
ring()
return 1
