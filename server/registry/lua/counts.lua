-- Of every connection, whose and where it is: names are never read out of keys, in which a colon may mean two things.
--   ->  {{instance, session token, channel, channel, ...}, ...}
reap()
local found = {}
for _, instance in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  for _, id in ipairs(redis.call('SMEMBERS', index('gateway', instance))) do
    local at = record(id)
    local row = {instance, redis.call('HGET', at, 'session_token') or ''}
    for _, channel in ipairs(redis.call('SMEMBERS', at .. ':channels')) do
      row[#row + 1] = channel
    end
    found[#found + 1] = row
  end
end
return found
