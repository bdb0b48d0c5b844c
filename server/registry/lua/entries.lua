-- Put in front of every script of the registry. KEYS[1] is `<base>gateways`: instance -> when its lease is over, in
-- ms of this Redis's own clock, so that no instance's clock counts. ARGV: 1 base, 2 ttl in s, 3 lease in ms.
--
-- The other keys follow from what the registry holds, which nobody can name beforehand. All of them share the hash
-- tag of the base, so they are on the node that runs the script.

local base, ttl_s, lease_ms = ARGV[1], ARGV[2], tonumber(ARGV[3])

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function index(kind, name)
  return base .. kind .. ':' .. name .. ':connections'
end

local function record(id)
  return base .. 'connection:' .. id
end

local function forget(id)
  local at = record(id)
  local fields = redis.call('HMGET', at, 'session_token', 'gateway_instance_id')
  for _, channel in ipairs(redis.call('SMEMBERS', at .. ':channels')) do
    redis.call('SREM', index('channel', channel), id)
  end
  if fields[1] and fields[1] ~= '' then redis.call('SREM', index('user', fields[1]), id) end
  if fields[2] then redis.call('SREM', index('gateway', fields[2]), id) end
  redis.call('DEL', at, at .. ':channels')
end

-- Everything of the instances whose lease is over.
local function reap()
  for _, instance in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now_ms())) do
    local here = index('gateway', instance)
    for _, id in ipairs(redis.call('SMEMBERS', here)) do
      forget(id)
    end
    redis.call('DEL', here)
    redis.call('ZREM', KEYS[1], instance)
  end
end

local function hold(instance)
  redis.call('ZADD', KEYS[1], string.format('%.0f', now_ms() + lease_ms), instance)
  redis.call('EXPIRE', KEYS[1], ttl_s)
end

-- Write one entry: ARGV from `at` on is id, instance, session token, how many fields, name and value of each, how
-- many channels, each channel. Answers where the next one begins.
local function write(at)
  local id, instance, token, size = ARGV[at], ARGV[at + 1], ARGV[at + 2], 2 * tonumber(ARGV[at + 3])
  local key = record(id)
  redis.call('HSET', key, unpack(ARGV, at + 4, at + 3 + size))
  redis.call('EXPIRE', key, ttl_s)
  local sets = {index('gateway', instance)}
  if token ~= '' then sets[#sets + 1] = index('user', token) end
  at = at + 4 + size
  local count = tonumber(ARGV[at])
  for i = at + 1, at + count do
    redis.call('SADD', key .. ':channels', ARGV[i])
    sets[#sets + 1] = index('channel', ARGV[i])
  end
  redis.call('EXPIRE', key .. ':channels', ttl_s)
  for _, set in ipairs(sets) do
    redis.call('SADD', set, id)
    redis.call('EXPIRE', set, ttl_s)
  end
  return at + count + 1
end
