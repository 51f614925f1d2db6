-- ARGV: worker, free slots, all its slots, lease (µs), lifetime of what ended (ms), most dead letters, how long slots are
-- reserved (ms). Returns the claims, each as id, job, attempt, fence, trace, slots,
-- deferrals, failures.
local worker, free, total, lease, ended, most, reservation = unpack(ARGV)
free, total, lease, most = tonumber(free), tonumber(total), tonumber(lease), tonumber(most)

-- Due jobs line up behind those that have waited longer.
for _, line in ipairs({ scheduled, retrying }) do
  local due = redis.call('ZRANGEBYSCORE', line, '-inf', now, 'WITHSCORES', 'LIMIT', 0, BATCH)
  for at = 1, #due, 2 do
    redis.call('ZREM', line, due[at])
    if redis.call('EXISTS', job_key(due[at])) == 1 then enqueue(due[at], due[at + 1]) end
  end
end

-- Leases that ran out: their worker died. The attempt counts.
local function rescue(id)
  local attempt, max, cancel, since, tenant, report =
    unpack(redis.call('HMGET', job_key(id), 'attempt', 'max', 'cancel', 'since', 'tenant', 'report'))
  if not attempt then return redis.call('ZREM', running, id) end
  redis.call('HINCRBY', tally, 'rescues', 1)
  local deaths = redis.call('HINCRBY', job_key(id), 'deaths', 1)
  local over = tonumber(attempt) >= tonumber(max)
  local failure = cjson.encode({ step = 'worker', code = 'worker-died', retryable = not over,
    message = 'the worker died ' .. (deaths == 1 and 'once' or deaths .. ' times') })
  if cancel then
    conclude(id, 'cancelled')
  elseif over then
    conclude(id, 'failed', failure)
    trim_dead(most)
  else
    note(id, failure)
    redis.call('HDEL', job_key(id), 'worker')
    enqueue(id, since)
  end
  stop(id, tenant, report)
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', running, '-inf', now, 'LIMIT', 0, BATCH)) do rescue(id) end

-- What was parked is looked at again: all of it, bit by bit, after the rules have changed; otherwise a few at random,
-- because a flow that was given its turn back may have lost its jobs, or its tenant may be parked.
if redis.call('EXISTS', parked) == 1 then
  local again = redis.call('SPOP', thaw, BATCH)
  if #again == 0 then again = redis.call('SRANDMEMBER', parked, 3) end
  for _, scope in ipairs(again) do revive(scope, BATCH) end
end

-- Which lane each claim asks first; an empty or paused one lends its turn to the most urgent that isn't.
local turns, capped = unpack(redis.call('HMGET', policy, 'turns', 'capped'))
turns = turns or 'isiisibisi'
local pausing = redis.call('EXISTS', paused) == 1
local lanes = LANES
if pausing then
  lanes = {}
  for _, lane in ipairs(LANES) do
    if redis.call('HEXISTS', paused, 'lane:' .. lane) == 0 then lanes[#lanes + 1] = lane end
  end
end

local function head(key) return redis.call('ZRANGE', key, 0, 0, 'WITHSCORES') end

local function choose(turn)
  local first = string.sub(turns, turn % #turns + 1, turn % #turns + 1)
  local other
  for _, lane in ipairs(lanes) do
    if string.sub(lane, 1, 1) == first then
      if redis.call('EXISTS', tenants_key(lane)) == 1 then return lane end
    elseif not other and redis.call('EXISTS', tenants_key(lane)) == 1 then
      other = lane
    end
  end
  return other
end

-- The next flow that may run something; what may not is parked on the way.
local unlimited = not capped and not pausing
local steps = BATCH * 2
local function next_flow(turn)
  while steps > 0 do
    steps = steps - 1
    local lane = choose(turn)
    if not lane then return nil end
    local tenant = head(tenants_key(lane))[1]
    local report, served = unpack(head(reports_key(lane, tenant)))
    if not report then
      redis.call('ZREM', tenants_key(lane), tenant)
    elseif unlimited then
      return lane, tenant, report
    elseif room_of_tenant(tenant) <= 0 then
      park_tenant(lane, tenant)
    elseif room_of_report(report) <= 0 then
      park_report(lane, tenant, report, served)
    else
      return lane, tenant, report
    end
  end
end

-- Large jobs for which too few slots are free, passed over until this call ends: a few, for which it looks at no more.
local MOST_PASSED = 20
local passed = {}
local function pass_over(lane, tenant, report)
  passed[#passed + 1] = { lane, tenant, report, redis.call('ZSCORE', reports_key(lane, tenant), report),
    redis.call('ZSCORE', tenants_key(lane), tenant) }
  leave(lane, tenant, report)
end

-- One worker at a time lets its slots go free for a large job; the others claim on.
local reserved = prefix .. 'reserved'
local function reserve(id) return redis.call('SET', reserved, worker .. ' ' .. id, 'NX', 'PX', reservation) end

-- The flow of the large job for which this worker's slots went free; nothing, and no reservation, if it no longer waits
-- for them. `false` while they don't suffice.
local function reserved_flow()
  local holder, id = string.match(redis.call('GET', reserved) or '', '^(.*) (.*)$')
  if holder ~= worker then return nil end
  local state, lane, tenant, report, slots =
    unpack(redis.call('HMGET', job_key(id), 'state', 'lane', 'tenant', 'report', 'slots'))
  if state == 'waiting' and redis.call('HEXISTS', paused, 'lane:' .. lane) == 0 and room_of_tenant(tenant) > 0
    and redis.call('ZSCORE', reports_key(lane, tenant), report) and room_of_report(report) > 0 then
    return math.min(tonumber(slots), total) <= free and { lane, tenant, report }
  end
  redis.call('DEL', reserved)
end

-- The flow has been served; one that is empty leaves the turns.
local function serve(lane, tenant, report, turn)
  if redis.call('EXISTS', flow_key(lane, tenant, report)) == 0 then leave(lane, tenant, report) end
  redis.call('ZADD', tenants_key(lane), 'XX', turn, tenant)
  redis.call('ZADD', reports_key(lane, tenant), 'XX', turn, report)
end

local most_running = redis.call('GET', fleet)
local most_claims = math.min(BATCH, redis.call('ZCARD', waiting),
  most_running and most_running - redis.call('ZCARD', running) or BATCH)
local taken, others_may_go_on = {}, true
local kept = reserved_flow()
if kept == false then return taken end
while #taken < most_claims and free > 0 do
  -- The claim's number is its fence too: it never decreases, even if a job is forgotten and comes again.
  local turn = redis.call('INCR', claims)
  local lane, tenant, report
  if kept then
    lane, tenant, report = unpack(kept)
    kept = nil
    redis.call('DEL', reserved)
  else
    lane, tenant, report = next_flow(turn)
  end
  if not lane then
    others_may_go_on = steps <= 0 and #passed == 0
    break
  end
  local id, since = unpack(redis.call('ZPOPMIN', flow_key(lane, tenant, report)))
  local job, trace, slots, deferrals, attempt, failures = unpack(redis.call('HMGET', job_key(id or ''), 'job', 'trace',
    'slots', 'deferrals', 'attempt', 'failures'))
  local needs = math.min(tonumber(slots or 1), total)
  if not job then
    -- Someone deleted keys.
    if id then step_out(id, lane) end
    serve(lane, tenant, report, turn)
  elseif needs <= free then
    step_out(id, lane)
    serve(lane, tenant, report, turn)
    redis.call('HSET', job_key(id), 'state', 'running', 'attempt', attempt + 1, 'fence', turn, 'worker', worker,
      'changed', now, 'rows', 0, 'pages', 0)
    start(id, now + lease, tenant, report)
    free = free - needs
    taken[#taken + 1] = { id, job, attempt + 1, turn, trace, needs, deferrals or 0, failures or '' }
  else
    redis.call('ZADD', flow_key(lane, tenant, report), since, id)
    if reserve(id) then break end
    pass_over(lane, tenant, report)
    if #passed >= MOST_PASSED then
      others_may_go_on = #taken > 0
      break
    end
  end
end
-- What was passed over keeps its turn, unless there was so much of it that others would never have theirs.
local back = #passed >= MOST_PASSED and redis.call('GET', claims)
for _, flow in ipairs(passed) do
  local lane, tenant, report, turn, tenants_turn = unpack(flow)
  redis.call('ZADD', reports_key(lane, tenant), 'NX', back or turn, report)
  redis.call('ZADD', tenants_key(lane), 'NX', back or tenants_turn, tenant)
end
if others_may_go_on and claimable() then ring() end
return taken
