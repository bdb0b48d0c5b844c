-- ARGV: 4 channel  ->  {ids}
reap()
return redis.call('SMEMBERS', index('channel', ARGV[4]))
