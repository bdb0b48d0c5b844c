-- Put in front of every script. KEYS[1] is the channel's meta, KEYS[2] its log, ARGV[1] a fresh random epoch.
--
-- An epoch is bound to the run of one Redis process. The first script that meets another run starts a new
-- epoch, whether the data came back or not: even with an append-only file the tail may be gone, and an
-- offset must never be handed out twice under one epoch. INFO inside a script asks the very process that
-- runs it, so a restart or a promoted replica cannot be missed.

local function standing()
  local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
  local meta = redis.call('HMGET', KEYS[1], 'run_id', 'epoch', 'offset')
  if meta[1] == run_id then
    if meta[3] == '0' and redis.call('TTL', KEYS[1]) > 0 then
      redis.call('EXPIRE', KEYS[1], 86400) -- no event yet, but somebody asks still
    end
    return meta[2], tonumber(meta[3])
  end
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[1], 'run_id', run_id, 'epoch', ARGV[1], 'offset', '0')
  if not meta[1] then
    -- Asking about a channel must not keep its name for ever; the first event does (`append`).
    redis.call('EXPIRE', KEYS[1], 86400)
  end
  return ARGV[1], 0
end

local function integer(number)
  return string.format('%.0f', number)
end

-- Take the next offset, log the event and publish it. `message` is the event's text, see redis.py.
local function append(epoch, offset, publish_to, events_max, message)
  local text = epoch .. '\n' .. integer(offset + 1) .. '\n' .. message
  redis.call('PERSIST', KEYS[1])
  redis.call('HSET', KEYS[1], 'offset', integer(offset + 1))
  redis.call('XADD', KEYS[2], 'MAXLEN', '=', events_max, integer(offset + 1) .. '-0', 'event', text)
  redis.call('PUBLISH', publish_to, text)
  return text
end
