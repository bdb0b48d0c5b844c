-- Put in front of every script. KEYS[1] is the channel's meta, KEYS[2] its log, ARGV[1] a fresh random epoch.
--
-- An epoch is bound to the reign of one Redis process: from its start, or its promotion, to its end. The first
-- script that meets another reign starts a new epoch, whether the data came back or not: even with an append-only
-- file the tail may be gone, and an offset must never be handed out twice under one epoch. INFO inside a script
-- asks the very process that runs it, so a restart or a promoted replica cannot be missed.
--
-- The run_id alone would not tell: a master that followed another one for a while, and is promoted again, is the
-- same process with that other one's data. Each promotion gives it a new master_replid. (So does its first replica:
-- clients read anew once, for nothing.) A replica is never of the reign it finds, and cannot write another: READONLY.

local function reign()
  local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
  local replication = redis.call('INFO', 'replication')
  local replid, role = string.match(replication, 'master_replid:(%x+)'), string.match(replication, 'role:(%a+)')
  return redis.sha1hex(run_id .. replid .. role)
end

-- Who names a channel keeps it for as long as it is used: its name is a client's to choose, and would stay for ever.
-- What was forgotten begins a new epoch, as after a restart. A collection, which has created something, is kept.
local IDLE_S = 86400

local function still_used()
  redis.call('EXPIRE', KEYS[1], IDLE_S)
  redis.call('EXPIRE', KEYS[2], IDLE_S)
end

local function standing()
  local reign_now = reign()
  local meta = redis.call('HMGET', KEYS[1], 'reign', 'epoch', 'offset')
  if meta[1] == reign_now then
    local ttl_s = redis.call('TTL', KEYS[1])
    if ttl_s >= 0 and ttl_s < IDLE_S / 2 then
      still_used() -- not each time: who only asks should not make Redis write
    end
    return meta[2], tonumber(meta[3])
  end
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[1], 'reign', reign_now, 'epoch', ARGV[1], 'offset', '0')
  if not meta[2] then
    still_used()
  end
  return ARGV[1], 0
end

local function integer(number)
  return string.format('%.0f', number)
end

-- Take the next offset, log the event and publish it. `message` is the event's text, see redis.py.
local function append(epoch, offset, publish_to, events_max, message)
  local text = epoch .. '\n' .. integer(offset + 1) .. '\n' .. message
  redis.call('HSET', KEYS[1], 'offset', integer(offset + 1))
  redis.call('XADD', KEYS[2], 'MAXLEN', '=', events_max, integer(offset + 1) .. '-0', 'event', text)
  if redis.call('HEXISTS', KEYS[1], 'created') == 1 then
    redis.call('PERSIST', KEYS[1])
    redis.call('PERSIST', KEYS[2])
  else
    still_used()
  end
  redis.call('PUBLISH', publish_to, text)
  return text
end
