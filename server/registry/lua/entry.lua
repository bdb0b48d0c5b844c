-- ARGV: 4 id  ->  {{name, value, name, value, ...}, {channels}}
reap()
local at = record(ARGV[4])
return {redis.call('HGETALL', at), redis.call('SMEMBERS', at .. ':channels')}
