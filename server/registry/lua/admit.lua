-- Let one connection in if the limits allow it.  ARGV: 4 per user max, 5 connections max (0: no limit), 6… the entry
--   ->  'admitted', 'taken', 'user_full' or 'full'
reap()
local instance, token = ARGV[7], ARGV[8]
if redis.call('EXISTS', record(ARGV[6])) == 1 then return 'taken' end
local mine, all = tonumber(ARGV[4]), tonumber(ARGV[5])
if mine > 0 and token ~= '' and redis.call('SCARD', index('user', token)) >= mine then return 'user_full' end
if all > 0 then
  local count = 0
  for _, each in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    count = count + redis.call('SCARD', index('gateway', each))
  end
  if count >= all then return 'full' end
end
if not redis.call('ZSCORE', KEYS[1], instance) then hold(instance) end
write(6)
return 'admitted'
