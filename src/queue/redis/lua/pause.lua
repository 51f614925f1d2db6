-- ARGV: what (pause, resume), scope. Returns 1 when that changed something.
local what, scope = ARGV[1], ARGV[2]
if what == 'pause' then return redis.call('HSETNX', paused, scope, now) end
if redis.call('HDEL', paused, scope) == 0 then return 0 end
if redis.call('SISMEMBER', parked, scope) == 1 then redis.call('SADD', thaw, scope) end
ring()
return 1
