-- Returns the time in µs until something is due: 0 when there is work now, -1 when nothing ever is.
if redis.call('EXISTS', intake) == 1 or claimable() then return 0 end
local next_due
for _, line in ipairs({ scheduled, retrying, running }) do
  local first = redis.call('ZRANGE', line, 0, 0, 'WITHSCORES')[2]
  if first and (not next_due or tonumber(first) < next_due) then next_due = tonumber(first) end
end
if not next_due then return -1 end
return math.max(next_due - now, 0)
