-- ARGV: lifetime of what ended (ms), then of each outcome, at most BATCH: id, when it changed (µs) as the caller has read
-- it. A job that was put back meanwhile is left alone, and so is one that has ended anew.
for at = 2, math.min(#ARGV, 2 * BATCH), 2 do
  local id = ARGV[at]
  local tenant, changed = unpack(redis.call('HMGET', job_key(id), 'tenant', 'changed'))
  if changed == ARGV[at + 1] and redis.call('ZREM', outbox, id) == 1 then
    hide(id, tenant)
    forget(id, ARGV[1])
  end
end
return 1
