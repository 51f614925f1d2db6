-- Returns raw messages, newest first.

-- What was set aside is offered again, unless a message has just been: then nobody here knows its version.
if redis.call('EXISTS', aside) == 1 and redis.call('EXISTS', offered) == 0 then
  for _ = 1, math.min(redis.call('LLEN', aside), BATCH) do
    redis.call('LMOVE', aside, intake, 'RIGHT', 'LEFT')
  end
end

redis.call('LREM', intake, 0, '')
for _ = redis.call('LLEN', intake) + 1, BATCH do
  if not redis.call('LMOVE', inbox, intake, 'RIGHT', 'LEFT') then break end
end
redis.call('LREM', intake, 0, '')
return redis.call('LRANGE', intake, -BATCH, -1)
