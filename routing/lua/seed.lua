-- Counts one scope anew: what the journal holds, what still waits in the stream, what live leases hold.
--
-- KEYS: 1 epoch, 2 leases, 3 stream, 4 the scope's hash
-- ARGV: 1 epoch, 2 scope name, 3 and 4 the journal's sums for premium and for every tier (µ$), 5 and 6 their caps,
--       7 id of the newest stream entry that the sums contain, 8 time to live (ms), 9 what a lease's key begins with,
--       10 and 11 how much of the sums was spent while Redis was away, then the ids of the scope's newest operations in the journal, whatever way they came there
-- A scope that somebody else has counted in this epoch is left alone.

local EPOCH, LEASES, STREAM, SCOPE = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local epoch, name = ARGV[1], ARGV[2]

local function int(number) return string.format('%.0f', number + 0) end -- never «-0»

local function stands_in(scopes)
  return string.find(' ' .. scopes .. ' ', ' ' .. name .. ' ', 1, true) ~= nil
end

if redis.call('HEXISTS', EPOCH, epoch) == 0 then return 'epoch' end
if redis.call('HGET', SCOPE, 'e') == epoch then return 'there' end

local premium, total = tonumber(ARGV[3]), tonumber(ARGV[4])
local counted = {}
for at = 12, #ARGV do counted[ARGV[at]] = true end
for _, entry in ipairs(redis.call('XRANGE', STREAM, '(' .. ARGV[7], '+')) do
  local field = {}
  for at = 1, #entry[2], 2 do field[entry[2][at]] = entry[2][at + 1] end
  if field.kind == 'charge' and not counted[field.op] and stands_in(field.scopes) then
    total = total + tonumber(field.us)
    if field.tier == 'premium' then premium = premium + tonumber(field.us) end
  end
end

local premium_held, held = 0, 0
for _, call in ipairs(redis.call('ZRANGE', LEASES, 0, -1)) do
  local lease = redis.call('HMGET', ARGV[9] .. call, 'tier', 'held', 'scopes')
  if lease[1] and stands_in(lease[3]) then
    held = held + tonumber(lease[2])
    if lease[1] == 'premium' then premium_held = premium_held + tonumber(lease[2]) end
  end
end

local committed = math.max(0, math.min(total, tonumber(ARGV[6]) - held))
local premium_committed = math.max(0, math.min(premium, tonumber(ARGV[5]) - premium_held))
-- What the caps have no room for stands beside them until it is paid.
local beside, premium_beside = total - committed, premium - premium_committed
local blind, premium_blind = math.min(beside, tonumber(ARGV[11])), math.min(premium_beside, tonumber(ARGV[10]))
redis.call('HSET', SCOPE, 'e', epoch, 'pc', int(premium_committed), 'ph', int(premium_held),
  'tc', int(committed), 'th', int(held), 'po', int(premium_beside - premium_blind), 'to', int(beside - blind),
  'pb', int(premium_blind), 'tb', int(blind))
redis.call('PEXPIRE', SCOPE, ARGV[8])
return 'counted'
