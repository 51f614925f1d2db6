-- ARGV: worker, what to show of it, for how long (µs; 0: it has left).
local worker, shown, lasts = ARGV[1], ARGV[2], tonumber(ARGV[3])
local workers = prefix .. 'workers'
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', workers, '-inf', now, 'LIMIT', 0, BATCH)) do
  redis.call('ZREM', workers, gone)
end
if lasts > 0 then
  redis.call('ZADD', workers, now + lasts, worker)
  redis.call('SET', prefix .. 'worker:' .. worker, shown, 'PX', math.ceil(lasts / 1000))
else
  redis.call('ZREM', workers, worker)
  redis.call('DEL', prefix .. 'worker:' .. worker)
end
return 1
