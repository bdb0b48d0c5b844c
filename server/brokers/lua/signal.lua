-- Tell who listens now, and keep nothing.  ARGV: 2 publish to, 3 the event's text  ->  how many instances heard it
return redis.call('PUBLISH', ARGV[2], ARGV[3])
