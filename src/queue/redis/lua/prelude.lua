-- Shared by every script; the script itself follows.
--
-- KEYS are the same for all scripts: the fixed keys, all under one hash tag. Keys of one job, lane, tenant or report
-- are derived from the first one's prefix, so they share its slot. Times are microseconds of the server's clock.
-- Loops run at most BATCH times.

local BATCH = 100
local inbox, intake, aside, offered, waiting, scheduled, retrying, running, dead, outbox, jobs, claims,
  policy, paused, load, parked, thaw, fleet, tally = unpack(KEYS)
local prefix = string.sub(inbox, 1, -6)
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]

local function job_key(id) return prefix .. 'job:' .. id end

-- Wakes one idle worker: they block on the inbox, and an empty text is no message.
local function ring()
  if redis.call('LLEN', inbox) == 0 then redis.call('LPUSH', inbox, '') end
end

local LANES = { 'interactive', 'standard', 'bulk' }
local function flow_key(lane, tenant, report) return prefix .. 'flow:' .. lane .. ':' .. tenant .. ':' .. report end
local function tenants_key(lane) return prefix .. 'turns:' .. lane end
local function reports_key(lane, tenant) return prefix .. 'turns:' .. lane .. ':' .. tenant end
local function lane_key(lane) return prefix .. 'lane:' .. lane end

local function parked_key(report) return prefix .. 'parked:' .. report end

-- How many more jobs may run under a cap (nothing: no cap), while `taken` (a field of `load`) counts those that do.
local function room(cap, taken)
  if not cap then return math.huge end
  return tonumber(cap) - (tonumber(redis.call('HGET', load, taken)) or 0)
end

local function room_of_tenant(tenant)
  if redis.call('HEXISTS', paused, 'tenant:' .. tenant) == 1 then return 0 end
  local own, general = unpack(redis.call('HMGET', policy, 'tenant:' .. tenant, 'tenants'))
  return room(own or general, 't:' .. tenant)
end

local function room_of_report(report)
  if redis.call('HEXISTS', paused, 'report:' .. report) == 1 then return 0 end
  return room(redis.call('HGET', policy, 'report:' .. report), 'r:' .. report)
end

-- A flow is a line of jobs of one lane, tenant and report. A flow with jobs has its turn among its tenant's reports, or
-- is parked because its report may run no more; a tenant with such turns has its own in the lane, or is parked because
-- it may run no more. What is parked costs a claim nothing. Scores are the claims at which they were last served.
local function join_lane(lane, tenant, turn)
  redis.call('ZADD', tenants_key(lane), 'NX', turn, tenant)
end

local function join(lane, tenant, report, turn)
  redis.call('ZADD', reports_key(lane, tenant), 'NX', turn, report)
  if redis.call('SISMEMBER', parked, 'tenant:' .. tenant) == 0 then join_lane(lane, tenant, turn) end
end

local function park_tenant(lane, tenant)
  redis.call('ZREM', tenants_key(lane), tenant)
  redis.call('SADD', parked, 'tenant:' .. tenant)
end

local function leave(lane, tenant, report)
  redis.call('ZREM', reports_key(lane, tenant), report)
  if redis.call('EXISTS', reports_key(lane, tenant)) == 0 then redis.call('ZREM', tenants_key(lane), tenant) end
end

local function park_report(lane, tenant, report, turn)
  leave(lane, tenant, report)
  redis.call('ZADD', parked_key(report), turn, lane .. ':' .. tenant)
  redis.call('SADD', parked, 'report:' .. report)
end

-- Gives a tenant that was parked its turns back, if it may run something.
local function revive_tenant(tenant)
  if room_of_tenant(tenant) <= 0 or redis.call('SREM', parked, 'tenant:' .. tenant) == 0 then return end
  local turn = redis.call('GET', claims) or 0
  for _, lane in ipairs(LANES) do
    if redis.call('EXISTS', reports_key(lane, tenant)) == 1 then join_lane(lane, tenant, turn) end
  end
end

-- Gives at most `most` flows of a report their turns back, those first that have waited longest, if it may run some. Flows
-- whose lane or tenant is held use up nothing: they stand in their tenant's turns, and the next is looked at.
local function revive_report(report, most)
  local free = math.min(room_of_report(report), most)
  for _ = 1, BATCH do
    if free <= 0 then break end
    local flow, turn = unpack(redis.call('ZPOPMIN', parked_key(report)))
    if not flow then break end
    local lane, tenant = string.match(flow, '^(.-):(.*)$')
    if redis.call('EXISTS', flow_key(lane, tenant, report)) == 1 then
      join(lane, tenant, report, turn)
      if room_of_tenant(tenant) > 0 and redis.call('HEXISTS', paused, 'lane:' .. lane) == 0 then free = free - 1 end
    end
  end
  if redis.call('EXISTS', parked_key(report)) == 0 then redis.call('SREM', parked, 'report:' .. report) end
end

local function revive(scope, most)
  local kind, name = string.match(scope, '^(.-):(.*)$')
  if kind == 'tenant' then revive_tenant(name) else revive_report(name, most) end
end

-- Lines a job up in its flow, in the order of `since`; whose flow is new is served after the others.
local function line_up(id, lane, tenant, report, since)
  redis.call('ZADD', waiting, since, id)
  redis.call('ZADD', lane_key(lane), since, id)
  redis.call('ZADD', flow_key(lane, tenant, report), since, id)
  if redis.call('ZCARD', flow_key(lane, tenant, report)) == 1 then
    join(lane, tenant, report, redis.call('GET', claims) or 0)
  end
end

local function enqueue(id, since)
  local lane, tenant, report = unpack(redis.call('HMGET', job_key(id), 'lane', 'tenant', 'report'))
  redis.call('HSET', job_key(id), 'state', 'waiting', 'since', since, 'changed', now)
  line_up(id, lane, tenant, report, since)
end

-- Takes a waiting job out of the lines of its lane and of all.
local function step_out(id, lane)
  redis.call('ZREM', waiting, id)
  redis.call('ZREM', lane_key(lane), id)
end

-- Takes a waiting job out of its flow; a flow that is empty leaves the turns.
local function dequeue(id, lane, tenant, report)
  step_out(id, lane)
  redis.call('ZREM', flow_key(lane, tenant, report), id)
  if redis.call('EXISTS', flow_key(lane, tenant, report)) == 0 then
    leave(lane, tenant, report)
    redis.call('ZREM', parked_key(report), lane .. ':' .. tenant)
  end
end

-- Counts a job that begins to run, or no longer does.
local function start(id, until_us, tenant, report)
  redis.call('ZADD', running, until_us, id)
  redis.call('HINCRBY', load, 't:' .. tenant, 1)
  redis.call('HINCRBY', load, 'r:' .. report, 1)
end

local function count_down(field, by)
  if redis.call('HINCRBY', load, field, -by) <= 0 then redis.call('HDEL', load, field) end
end

-- Whatever waited for a slot of the job's tenant or report gets its turn back.
local function stop(id, tenant, report)
  redis.call('ZREM', running, id)
  count_down('t:' .. tenant, 1)
  count_down('r:' .. report, 1)
  if redis.call('EXISTS', parked, fleet) == 0 then return end
  revive_tenant(tenant)
  revive_report(report, 1)
  ring()
end

-- Whether a worker with free slots may find something to claim.
local function claimable()
  if redis.call('EXISTS', thaw) == 1 then return true end
  local most = redis.call('GET', fleet)
  if most and redis.call('ZCARD', running) >= tonumber(most) then return false end
  for _, lane in ipairs(LANES) do
    if redis.call('EXISTS', tenants_key(lane)) == 1 and redis.call('HEXISTS', paused, 'lane:' .. lane) == 0 then
      return true
    end
  end
  return false
end

-- Shows a job in the lists of jobs in flight, and counts it among its tenant's.
local function show(id, tenant, accepted, bytes)
  redis.call('ZADD', jobs, accepted, id)
  redis.call('ZADD', prefix .. 'jobs:' .. tenant, accepted, id)
  redis.call('HINCRBY', load, 'b:' .. tenant, bytes)
end

local function hide(id, tenant)
  if redis.call('ZREM', jobs, id) == 0 then return end
  redis.call('ZREM', prefix .. 'jobs:' .. tenant, id)
  count_down('b:' .. tenant, redis.call('HSTRLEN', job_key(id), 'job'))
end

-- Forgets an ended job, after a while in which `find` still answers, unless the catalog or a retry still needs it.
local function forget(id, lifetime)
  if redis.call('ZSCORE', outbox, id) or redis.call('ZSCORE', dead, id) then return end
  redis.call('PEXPIRE', job_key(id), lifetime)
end

-- Notes why the latest attempt failed. One line of `failures` for each: the first, and the latest ones.
local FAILURES_KEPT = 10
local function note(id, failure)
  local attempt, worker, before = unpack(redis.call('HMGET', job_key(id), 'attempt', 'worker', 'failures'))
  local line = string.format('%s %.0f %s %s', attempt, now, worker or '', failure)
  local lines = { (before and before .. '\n' or '') .. line }
  if select(2, string.gsub(lines[1], '\n', '')) >= FAILURES_KEPT then
    lines = { string.match(lines[1], '^(.-\n).-\n(.*)$') }
  end
  redis.call('HSET', job_key(id), 'failure', failure, 'failures', table.concat(lines))
end

-- A job ended without an artifact: the outcome waits for the catalog, and a failed job can be retried.
local function conclude(id, state, failure)
  if state == 'failed' then
    note(id, failure)
    redis.call('ZADD', dead, now, id)
  end
  redis.call('HSET', job_key(id), 'state', state, 'changed', now)
  redis.call('HDEL', job_key(id), 'worker', 'cancel')
  redis.call('ZADD', outbox, now, id)
end

-- Forgets a dead letter. A failed job's outcome is told once more, in case the catalog was made to forget it.
local function drop_letter(id)
  redis.call('ZREM', dead, id)
  redis.call('DEL', prefix .. 'text:' .. id)
  if redis.call('HGET', job_key(id), 'state') == 'failed' then
    redis.call('HSET', job_key(id), 'changed', now)
    redis.call('ZADD', outbox, now, id)
  end
end

-- Keeps at most `most` dead letters: the oldest leave, a few at a time.
local function trim_dead(most)
  local over = redis.call('ZCARD', dead) - most
  if over <= 0 then return end
  for _, id in ipairs(redis.call('ZRANGE', dead, 0, math.min(over, BATCH) - 1)) do
    drop_letter(id)
  end
end
