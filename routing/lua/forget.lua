-- Deletes scopes that nobody used for long. Which of them live leases stand in is not looked at here: that is the work
-- of all leases, and this script's is only that of its keys.
--
-- KEYS: scopes. ARGV: 1 for how many seconds a scope was idle at least
-- Reply: how many were deleted; -1 when the server does not tell how long a key was idle.

local least, deleted = tonumber(ARGV[1]), 0
for _, key in ipairs(KEYS) do
  local seconds = redis.pcall('OBJECT', 'IDLETIME', key)
  if type(seconds) == 'table' and seconds.err then return -1 end
  if seconds and seconds >= least then deleted = deleted + redis.call('DEL', key) end
end
return deleted
