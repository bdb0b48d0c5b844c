-- One connection uses another channel now; what it was on before stays.  ARGV: 4 id, 5 channel  ->  1, or 0: not there
local at = record(ARGV[4])
if redis.call('EXISTS', at) == 0 then return 0 end
redis.call('HSET', at, 'channel', ARGV[5])
redis.call('SADD', at .. ':channels', ARGV[5])
redis.call('SADD', index('channel', ARGV[5]), ARGV[4])
redis.call('EXPIRE', index('channel', ARGV[5]), ttl_s)
return 1
