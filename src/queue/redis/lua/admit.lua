-- ARGV: raw text, verdict (accept, reject, malformed, leave), key lifetime (ms), ended lifetime (ms),
-- most dead letters, how long a newer version's message stays aside (ms), reason or failure, kept text, its id,
-- the failure of a conflict, the reason against a foreign id, the failure of a tenant that has too much waiting; then
-- the job.
local raw, verdict, key_lifetime, ended, most, aside_for = unpack(ARGV, 1, 6)
local reason, text, text_id, conflict, foreign, quota = unpack(ARGV, 7, 12)
if redis.call('LREM', intake, -1, raw) == 0 then return 0 end

local function keep_text(why)
  redis.call('HSET', prefix .. 'text:' .. text_id, 'text', text, 'size', string.len(raw), 'reason', why)
  redis.call('ZADD', dead, now, text_id)
  trim_dead(tonumber(most))
end

local function keep_failed(new, failure)
  create(new, 'failed', now)
  conclude(new.id, 'failed', failure)
  trim_dead(tonumber(most))
end

if verdict == 'leave' then
  redis.call('LPUSH', aside, raw)
  redis.call('SET', offered, 1, 'PX', aside_for)
elseif verdict == 'malformed' then
  keep_text(reason)
else
  local new = arguments(13)
  local stands = standing(new.id, new.tenant, new.key, new.digest)
  if stands == 'foreign' then
    keep_text(foreign)
  elseif stands == 'existing' then
    return 1
  elseif stands == 'conflict' then
    keep_failed(new, conflict)
  elseif verdict == 'reject' then
    keep_failed(new, reason)
  elseif full(new) then
    keep_failed(new, quota)
  else
    place(new, key_lifetime)
  end
end
return 1
