-- The events after a position.  ARGV: 2 epoch ('' for this one), 3 offset, 4 limit
--   ->  {epoch, offset, 1 if all of them are here, event texts}
-- The decision is that of core/resume.py.
local epoch, offset = standing()
local after = tonumber(ARGV[3])
local oldest = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
local first = oldest and tonumber(string.match(oldest[1], '^(%d+)')) or offset + 1
if (ARGV[2] ~= '' and ARGV[2] ~= epoch) or after < first - 1 or after > offset then
  return {epoch, integer(offset), 0, {}}
end
local texts = {}
for _, entry in ipairs(redis.call('XRANGE', KEYS[2], integer(after + 1) .. '-0', '+', 'COUNT', ARGV[4])) do
  texts[#texts + 1] = entry[2][2]
end
return {epoch, integer(offset), 1, texts}
