-- The epoch in which the counters are valid. A new one begins when Redis is another process, has none, or was seen
-- to have lost what it once knew; every scope is then counted anew from the journal before it is used.
--
-- KEYS: 1 epoch. ARGV: 1 run id of the server, 2 a new epoch's id, 3 the epoch that cannot be trusted, or empty
-- Reply: the epoch.

for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if field ~= ARGV[3] and string.sub(field, 1, #ARGV[1]) == ARGV[1] then return field end
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], ARGV[2], 1)
return ARGV[2]
