-- Puts a policy where every worker looks, and tells them. A newer one is never replaced by an older one.
--
-- KEYS: 1 the policy, which is the name of the channel too, 2 its number
-- ARGV: 1 its number in the database, 2 its document, 3 a number that the database was asked for and does not know
--       (Redis was put back from another time), or empty
-- Reply: the number that stands there now.

local known, document = redis.call('GET', KEYS[2]), redis.call('GET', KEYS[1])
if known and document then
  if known == ARGV[1] and document == ARGV[2] then return known end
  if known ~= ARGV[3] and (tonumber(known) or -1) > tonumber(ARGV[1]) then return known end
end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('SET', KEYS[2], ARGV[1])
redis.call('PUBLISH', KEYS[1], ARGV[1])
return ARGV[1]
