-- Replaces what is known of a service's health, if it still is what the asker knew, and tells every process.
--
-- KEYS: 1 the breakers, which is the name of the channel too, 2 the list of what changed, the newest first
-- ARGV: 1 the service, 2 what the asker knew of it, empty for nothing, 3 what is known now
--       4 what changed, for the list, or empty, 5 how many of those are kept
-- Reply: 1 when it was replaced, 0 when somebody else was quicker.

if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('PUBLISH', KEYS[1], ARGV[1])
if ARGV[4] ~= '' then
  redis.call('LPUSH', KEYS[2], ARGV[4])
  redis.call('LTRIM', KEYS[2], 0, ARGV[5] - 1)
end
return 1
