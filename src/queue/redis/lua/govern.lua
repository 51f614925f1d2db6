-- ARGV: fields and values of the policy. Whatever is parked is looked at again.
redis.call('DEL', policy)
for at = 1, #ARGV, 2 do redis.call('HSET', policy, ARGV[at], ARGV[at + 1]) end
local most = redis.call('HGET', policy, 'running')
if most then redis.call('SET', fleet, most) else redis.call('DEL', fleet) end
redis.call('SUNIONSTORE', thaw, parked)
ring()
return 1
