-- Commit one mutation: decide, write, remember, take the next offset, log, publish.
-- KEYS: 3 items, 4 what is remembered of the client (only with a mutation id), 5 its fence (only with one)
-- ARGV: 2 publish to, 3 events max, 4 op, 5 entity id, 6 fields, 7 if-match, 8 client id, 9 mutation id,
--       10 mutations remembered max, 11 and for how many seconds, 12 refusal result, 13 refusal body, 14 item bytes max,
--       15 fence, 16 what the event's text says of a trace
--   ->  {result, body, 1 if it is a repeat}
--
-- The decision is that of core/commit.py. Everything is read and checked before the first write, because
-- Redis keeps what a failing script has written. Values stay JSON text from end to end (fields are pairs
-- of JSON name and JSON value): cjson would turn [] into {} and round large numbers.
--
-- An item's record is "<order of creation>:<version>:<fields>".

local op, entity_id, client_id, mutation_id = ARGV[4], ARGV[5], ARGV[8], ARGV[9]

-- read

local record = redis.call('HGET', KEYS[3], entity_id)
redis.call('XLEN', KEYS[2])
local first, last
if mutation_id ~= '' then
  first = redis.call('ZRANGEBYSCORE', KEYS[4], mutation_id, mutation_id)[1]
  last = redis.call('ZREVRANGE', KEYS[4], 0, 0, 'WITHSCORES')[2]
end
local fence = KEYS[5] and redis.call('GET', KEYS[5])
local epoch, offset = standing()

if fence and tonumber(ARGV[15]) < tonumber(fence) then
  return {'stale_fence', 'null', 0}
end
if KEYS[5] then
  redis.call('SET', KEYS[5], ARGV[15], 'EX', ARGV[11])
end
if first then
  local result, body = string.match(first, '^%d+ (%S+) (.*)$')
  return {result, body, 1}
end
if last and tonumber(mutation_id) < tonumber(last) then
  return {'stale_mutation', 'null', 0}
end

local function render(version, fields)
  local parts = {'{"id":', entity_id, ',"version":', version}
  for _, field in ipairs(fields) do
    parts[#parts + 1] = ',' .. field[1] .. ':' .. field[2]
  end
  return table.concat(parts) .. '}'
end

local created, version, fields
if record then
  created, version, fields = string.match(record, '^(%d+):(%d+):(.*)$')
  fields = cjson.decode(fields)
end

-- decide

local result, body, item
if op == 'refuse' then
  result, body = ARGV[12], ARGV[13]
elseif op == 'create' then
  if record then
    result, body = 'id_taken', render(version, fields)
  else
    version, fields = '1', cjson.decode(ARGV[6])
    result, item = 'created', render(version, fields)
    body = item
  end
elseif not record then
  result, body = 'not_found', 'null'
elseif ARGV[7] ~= '' and ARGV[7] ~= version then
  result, body = 'version_conflict', render(version, fields)
else
  version = integer(tonumber(version) + 1)
  if op == 'delete' then
    result, item = 'deleted', 'null'
    body = '{"id":' .. entity_id .. ',"version":' .. version .. '}'
  else
    local at = {}
    for index, field in ipairs(fields) do at[field[1]] = index end
    for _, field in ipairs(cjson.decode(ARGV[6])) do
      fields[at[field[1]] or #fields + 1] = field
    end
    result, item = 'updated', render(version, fields)
    body = item
  end
end

if result ~= 'deleted' and item and #item > tonumber(ARGV[14]) then
  result, body, item = 'body_too_large', 'null', nil
end

-- write

if item then
  if result == 'deleted' then
    redis.call('HDEL', KEYS[3], entity_id)
  else
    created = created or integer(redis.call('HINCRBY', KEYS[1], 'created', 1))
    redis.call('HSET', KEYS[3], entity_id, created .. ':' .. version .. ':' .. cjson.encode(fields))
  end
end
if mutation_id ~= '' then
  redis.call('ZADD', KEYS[4], mutation_id, mutation_id .. ' ' .. result .. ' ' .. body)
  redis.call('ZREMRANGEBYRANK', KEYS[4], 0, -1 - tonumber(ARGV[10]))
  redis.call('EXPIRE', KEYS[4], ARGV[11])
end
if item then
  local payload = table.concat({
    '{"entity_id":', entity_id, ',"version":', version, ',"client_id":', client_id,
    ',"mutation_id":', mutation_id == '' and 'null' or mutation_id, ',"item":', item, '}',
  })
  append(epoch, offset, ARGV[2], ARGV[3], '1' .. ARGV[16] .. ' ' .. client_id .. '\n"' .. result .. '"\n' .. payload)
end
return {result, body, 0}
