-- Reads the scopes in which some of the leases stand. Nothing is changed.
--
-- KEYS: 1 leases. ARGV: 1 where to go on, 0 to begin, 2 about how many leases, 3 what a lease's key begins with
-- Reply: where to go on, 0 when all were read, then for each lease its scope names, joined by a space.
--
-- The run that holds a lease is told as one name more, of no scope.
-- Every lease that is there from the beginning to the end is read, however the others come and go meanwhile.

local page = redis.call('ZSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local reply = { page[1] }
for at = 1, #page[2], 2 do
  reply[#reply + 1] = redis.call('GETRANGE', ARGV[3] .. page[2][at], 16, -1)
end
return reply
