-- ARGV: worker, free slots, lease (µs), ended lifetime (ms), most dead letters.
-- Returns the claims, each as id, job, attempt, fence, trace.
local worker, free, lease, ended, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])

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
  redis.call('ZREM', running, id)
  local attempt, max, cancel, since = unpack(redis.call('HMGET', job_key(id), 'attempt', 'max', 'cancel', 'since'))
  if not attempt then return end
  local deaths = redis.call('HINCRBY', job_key(id), 'deaths', 1)
  local over = tonumber(attempt) >= tonumber(max)
  local failure = cjson.encode({ step = 'worker', code = 'worker-died', retryable = not over,
    message = 'the worker died ' .. (deaths == 1 and 'once' or deaths .. ' times') })
  if cancel then
    conclude(id, 'cancelled')
  elseif over then
    conclude(id, 'failed', failure)
    trim_dead(most, ended)
  else
    redis.call('HSET', job_key(id), 'failure', failure)
    redis.call('HDEL', job_key(id), 'worker')
    enqueue(id, since)
  end
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', running, '-inf', now, 'LIMIT', 0, BATCH)) do rescue(id) end

-- Which lane each claim asks first, 6 : 3 : 1; an empty one lends its turn to the most urgent that isn't.
local I, S, B = 'interactive', 'standard', 'bulk'
local LANES, TURNS = { I, S, B }, { I, S, I, I, S, I, B, I, S, I }

local function head(key) return redis.call('ZRANGE', key, 0, 0)[1] end

local function choose(turn)
  local first = TURNS[turn % #TURNS + 1]
  if redis.call('EXISTS', tenants_key(first)) == 1 then return first end
  for _, lane in ipairs(LANES) do
    if redis.call('EXISTS', tenants_key(lane)) == 1 then return lane end
  end
end

-- The claim's number is its fence too: it never decreases, even if a job is forgotten and comes again.
-- A turn without a flow, or a flow without a job (someone deleted keys), is taken out and gives nothing.
local function take()
  local turn = redis.call('INCR', claims)
  local lane = choose(turn)
  if not lane then return nil end
  local tenant = head(tenants_key(lane))
  local report = head(reports_key(lane, tenant)) or ''
  local id = head(flow_key(lane, tenant, report)) or ''
  dequeue(id, lane, tenant, report)
  redis.call('ZADD', tenants_key(lane), 'XX', turn, tenant)
  redis.call('ZADD', reports_key(lane, tenant), 'XX', turn, report)
  local job, trace = unpack(redis.call('HMGET', job_key(id), 'job', 'trace'))
  if not job then return nil end
  local attempt = redis.call('HINCRBY', job_key(id), 'attempt', 1)
  redis.call('HSET', job_key(id), 'state', 'running', 'fence', turn, 'worker', worker, 'changed', now,
    'rows', 0, 'pages', 0)
  redis.call('ZADD', running, now + lease, id)
  return { id, job, attempt, turn, trace }
end

local taken = {}
for _ = 1, math.min(free, BATCH, redis.call('ZCARD', waiting)) do
  local claim = take()
  if claim then taken[#taken + 1] = claim end
end
if redis.call('EXISTS', waiting) == 1 then ring() end
return taken
