-- ARGV: ended lifetime (ms), then ids, at most BATCH. A job that was put back meanwhile is left alone.
for at = 2, math.min(#ARGV, BATCH + 1) do
  local id = ARGV[at]
  if redis.call('ZREM', outbox, id) == 1 then
    hide(id, redis.call('HGET', job_key(id), 'tenant') or '')
    forget(id, ARGV[1])
  end
end
return 1
