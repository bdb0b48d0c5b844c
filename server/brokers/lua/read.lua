-- All items and the position they stand for, in one step.  KEYS: 3 items
--   ->  {epoch, offset, {id, record, id, record, ...}}; a record is what commit.lua writes
local records = redis.call('HGETALL', KEYS[3])
local epoch, offset = standing()
return {epoch, integer(offset), records}
