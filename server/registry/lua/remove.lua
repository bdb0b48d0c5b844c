-- Forget one connection, and its instance if that was the last.  ARGV: 4 id
local instance = redis.call('HGET', record(ARGV[4]), 'gateway_instance_id')
forget(ARGV[4])
if instance and redis.call('EXISTS', index('gateway', instance)) == 0 then
  redis.call('ZREM', KEYS[1], instance)
end
return 1
