-- ARGV: id, fence, lease (µs), rows, pages. Returns held, cancel or lost.
local id = ARGV[1]
local state, fence, cancel = unpack(redis.call('HMGET', job_key(id), 'state', 'fence', 'cancel'))
if state ~= 'running' or fence ~= ARGV[2] then return 'lost' end
redis.call('ZADD', running, now + tonumber(ARGV[3]), id)
redis.call('HSET', job_key(id), 'rows', ARGV[4], 'pages', ARGV[5])
return cancel and 'cancel' or 'held'
