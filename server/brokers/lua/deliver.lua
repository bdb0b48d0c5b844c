-- Deliver a message to a channel if anybody listens, with what waits for it first; else let it wait.
-- KEYS: 3 what waits, 4 what waits and is urgent
-- ARGV: 2 publish to, 3 events max, 4 message ('': only what waits), 5 urgent '1' or '0', 6 now in ms,
--       7 age max in ms, 8 messages max, 9 '' or, if it was published before and the caller has not
--       handed it out, how many of those who listen are the caller: another one has handed it out
--   ->  {events delivered, messages that wait}
-- The queue is that of core/offline_queue.py. An entry is "<ms>\n<message>"; see redis.py for a message.
local message, now = ARGV[4], tonumber(ARGV[6])
local urgent, normal = KEYS[4], KEYS[3]

redis.call('LLEN', normal)
redis.call('LLEN', urgent)
redis.call('XLEN', KEYS[2])
local listeners = tonumber(redis.call('PUBSUB', 'NUMSUB', ARGV[2])[2])
local epoch, offset = standing()

for _, key in ipairs({urgent, normal}) do
  local oldest = redis.call('LINDEX', key, 0)
  while oldest and now - tonumber(string.match(oldest, '^(%d+)')) > tonumber(ARGV[7]) do
    redis.call('LPOP', key)
    oldest = redis.call('LINDEX', key, 0)
  end
end

if listeners > 0 then
  local delivered = 0
  for _, key in ipairs({urgent, normal}) do
    for _, entry in ipairs(redis.call('LRANGE', key, 0, -1)) do
      append(epoch, offset + delivered, ARGV[2], ARGV[3], string.match(entry, '^%d+\n(.*)$'))
      delivered = delivered + 1
    end
    redis.call('DEL', key)
  end
  if message ~= '' and (ARGV[9] == '' or listeners <= tonumber(ARGV[9])) then
    append(epoch, offset + delivered, ARGV[2], ARGV[3], message)
    delivered = delivered + 1
  end
  return {delivered, 0}
end

if message ~= '' then
  local key = ARGV[5] == '1' and urgent or normal
  redis.call('RPUSH', key, ARGV[6] .. '\n' .. message)
  redis.call('PEXPIRE', key, ARGV[7])
end
local over = redis.call('LLEN', urgent) + redis.call('LLEN', normal) - tonumber(ARGV[8])
for _ = 1, over do
  if not redis.call('LPOP', normal) then redis.call('LPOP', urgent) end
end
return {0, redis.call('LLEN', urgent) + redis.call('LLEN', normal)}
