-- These entries are there, as they are.  ARGV: 4 instance, 5… the entries
hold(ARGV[4])
local at = 5
while at <= #ARGV do
  at = write(at)
end
return 1
