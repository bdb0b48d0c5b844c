-- What the instance has besides these is forgotten, its lease begins anew, and the dead are reaped.
-- ARGV: 4 instance, 5… ids  ->  those of them that are not there
local standing, missing = {}, {}
for i = 5, #ARGV do
  standing[ARGV[i]] = true
  if redis.call('EXISTS', record(ARGV[i])) == 0 then missing[#missing + 1] = ARGV[i] end
end
for _, id in ipairs(redis.call('SMEMBERS', index('gateway', ARGV[4]))) do
  if not standing[id] then forget(id) end
end
if #ARGV > 4 then hold(ARGV[4]) else redis.call('ZREM', KEYS[1], ARGV[4]) end
reap()
return missing
