-- Deletes scopes that nobody used for long, but never one that a live lease stands in.
--
-- KEYS: 1 leases, 2… scopes. ARGV: 1 for how many seconds a scope was idle at least, 2 what a lease's key begins with,
--       3 what a scope's key begins with
-- Reply: how many were deleted; -1 when the server does not tell how long a key was idle.

local idle = {}
for at = 2, #KEYS do
  local seconds = redis.pcall('OBJECT', 'IDLETIME', KEYS[at])
  if type(seconds) == 'table' and seconds.err then return -1 end
  if seconds and seconds >= tonumber(ARGV[1]) then idle[KEYS[at]] = true end
end
if next(idle) == nil then return 0 end

for _, call in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local lease = redis.call('GET', ARGV[2] .. call)
  for name in string.gmatch(lease and string.sub(lease, 17) or '', '%S+') do idle[ARGV[3] .. name] = nil end
end

local deleted = 0
for key in pairs(idle) do deleted = deleted + redis.call('DEL', key) end
return deleted
