-- Append an event that commits nothing.  ARGV: 2 publish to, 3 events max, 4 message  ->  the event's text
redis.call('XLEN', KEYS[2]) -- fails here, before the first write, if the key is not a stream
local epoch, offset = standing()
return append(epoch, offset, ARGV[2], ARGV[3], ARGV[4])
