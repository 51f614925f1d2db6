-- Shared by every script; the script itself follows.
--
-- KEYS are the same for all scripts: the fixed keys, all under one hash tag. Keys of one job, lane, tenant or report
-- are derived from the first one's prefix, so they share its slot. Times are microseconds of the server's clock.
-- Loops run at most BATCH times.

local BATCH = 100
local inbox, intake, aside, offered, waiting, scheduled, retrying, running, dead, outbox, jobs, claims = unpack(KEYS)
local prefix = string.sub(inbox, 1, -6)
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]

local function job_key(id) return prefix .. 'job:' .. id end

-- Wakes one idle worker: they block on the inbox, and an empty text is no message.
local function ring()
  if redis.call('LLEN', inbox) == 0 then redis.call('LPUSH', inbox, '') end
end

local function flow_key(lane, tenant, report) return prefix .. 'flow:' .. lane .. ':' .. tenant .. ':' .. report end
local function tenants_key(lane) return prefix .. 'turns:' .. lane end
local function reports_key(lane, tenant) return prefix .. 'turns:' .. lane .. ':' .. tenant end
local function lane_key(lane) return prefix .. 'lane:' .. lane end

-- Lines a job up in its flow (lane, tenant, report), in the order of `since`. Tenants, and each tenant's reports,
-- take turns: their score is the claim at which they were last served; who joins is served after the others.
local function enqueue(id, since)
  local lane, tenant, report = unpack(redis.call('HMGET', job_key(id), 'lane', 'tenant', 'report'))
  redis.call('HSET', job_key(id), 'state', 'waiting', 'since', since, 'changed', now)
  redis.call('ZADD', waiting, since, id)
  redis.call('ZADD', lane_key(lane), since, id)
  redis.call('ZADD', flow_key(lane, tenant, report), since, id)
  local turn = redis.call('GET', claims) or 0
  redis.call('ZADD', tenants_key(lane), 'NX', turn, tenant)
  redis.call('ZADD', reports_key(lane, tenant), 'NX', turn, report)
end

-- Takes a waiting job out of its line; a flow that is empty leaves the turns.
local function dequeue(id, lane, tenant, report)
  redis.call('ZREM', waiting, id)
  redis.call('ZREM', lane_key(lane), id)
  redis.call('ZREM', flow_key(lane, tenant, report), id)
  if redis.call('EXISTS', flow_key(lane, tenant, report)) == 0 then
    redis.call('ZREM', reports_key(lane, tenant), report)
    if redis.call('EXISTS', reports_key(lane, tenant)) == 0 then
      redis.call('ZREM', tenants_key(lane), tenant)
    end
  end
end

-- Shows a job in the lists of jobs in flight.
local function show(id, tenant, accepted)
  redis.call('ZADD', jobs, accepted, id)
  redis.call('ZADD', prefix .. 'jobs:' .. tenant, accepted, id)
end

local function hide(id)
  local tenant = redis.call('HGET', job_key(id), 'tenant')
  redis.call('ZREM', jobs, id)
  if tenant then redis.call('ZREM', prefix .. 'jobs:' .. tenant, id) end
end

-- Forgets an ended job, after a while in which `find` still answers, unless the catalog or a retry still needs it.
local function forget(id, lifetime)
  if redis.call('ZSCORE', outbox, id) or redis.call('ZSCORE', dead, id) then return end
  redis.call('PEXPIRE', job_key(id), lifetime)
end

-- A job ended without an artifact: the outcome waits for the catalog, and a failed job can be retried.
local function conclude(id, state, failure)
  redis.call('HSET', job_key(id), 'state', state, 'changed', now)
  redis.call('HDEL', job_key(id), 'worker', 'cancel')
  redis.call('ZADD', outbox, now, id)
  if state == 'failed' then
    redis.call('HSET', job_key(id), 'failure', failure)
    redis.call('ZADD', dead, now, id)
  end
end

-- Keeps at most `most` dead letters: the oldest leave, a few at a time.
local function trim_dead(most, lifetime)
  local over = redis.call('ZCARD', dead) - most
  if over <= 0 then return end
  for _, id in ipairs(redis.call('ZRANGE', dead, 0, math.min(over, BATCH) - 1)) do
    redis.call('ZREM', dead, id)
    redis.call('DEL', prefix .. 'text:' .. id)
    forget(id, lifetime)
  end
end
