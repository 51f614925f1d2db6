-- ARGV: schedule, and the instant (µs) for which it has fired, or nothing. Returns the latest such instant.
local fired = prefix .. 'fired'
local before, at = redis.call('HGET', fired, ARGV[1]), ARGV[2]
if not at or before and tonumber(before) >= tonumber(at) then return before end
redis.call('HSET', fired, ARGV[1], at)
return at
