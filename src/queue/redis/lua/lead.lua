-- ARGV: role, holder, lease (ms). Returns 1 while the holder leads.
local key = prefix .. 'leader:' .. ARGV[1]
local leader = redis.call('GET', key)
if leader and leader ~= ARGV[2] then return 0 end
redis.call('SET', key, ARGV[2], 'PX', ARGV[3])
return 1
