-- ARGV: tenant, id. Returns unknown, now, requested, or final and the state.
local tenant, id = ARGV[1], ARGV[2]
local owner, state, lane, report = unpack(redis.call('HMGET', job_key(id), 'tenant', 'state', 'lane', 'report'))
if owner ~= tenant then return { 'unknown' } end
if state == 'running' then
  redis.call('HSET', job_key(id), 'cancel', 1)
  return { 'requested' }
elseif state == 'waiting' then
  dequeue(id, lane, tenant, report)
elseif state == 'scheduled' then
  redis.call('ZREM', scheduled, id)
elseif state == 'retrying' then
  redis.call('ZREM', retrying, id)
else
  return { 'final', state }
end
conclude(id, 'cancelled')
return { 'now' }
