-- ARGV: 4 id
forget(ARGV[4])
return 1
