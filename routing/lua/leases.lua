-- Reads the leases as they stand, the one that expires first first. Nothing is changed.
--
-- KEYS: 1 leases. ARGV: 1 what a lease's key begins with, 2 how many at most
-- Reply: for each its call, tier (1 premium, 0 cheaper), what it holds (µ$), in how many ms it expires, and the scopes
-- that it stands in, joined by a space.

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local found = {}
local ranked = redis.call('ZRANGE', KEYS[1], 0, ARGV[2] - 1, 'WITHSCORES')
for at = 1, #ranked, 2 do
  local lease = redis.call('GET', ARGV[1] .. ranked[at])
  if lease then
    local tier, held = struct.unpack('<dd', lease)
    local scopes = string.gsub(string.sub(lease, 17), ' @.*', '') -- without the run that holds it
    found[#found + 1] = { ranked[at], tier, held, ranked[at + 1] - now, scopes }
  end
end
return found
