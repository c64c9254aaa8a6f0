-- Counts one scope anew: what the journal holds, what still waits in the stream, what live leases hold.
--
-- KEYS: 1 epoch, 2 leases, 3 stream, 4 the scope
-- ARGV: 1 epoch, 2 scope name, 3 id of the newest stream entry that the journal's sums contain, 4 what a lease's key
--       begins with, 5 packed numbers: the epoch's number, the journal's sums for premium and for every tier (µ$), how
--       much of both was spent while Redis was away, the two caps; 6 the scope's fingerprint from before the sums;
--       then the ids of operations that the stream may hold though the sums contain them
-- A scope that somebody else has counted in this epoch is left alone, and so is one that was distrusted after the
-- sums were read: they may be too old («changed»).

local EPOCH, LEASES, STREAM, SCOPE = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local name = ARGV[2]
local epoch, premium, total, premium_blind, blind, pcap, tcap = struct.unpack('<ddddddd', ARGV[5])

local function stands_in(scopes)
  return string.find(' ' .. scopes .. ' ', ' ' .. name .. ' ', 1, true) ~= nil
end

if redis.call('HEXISTS', EPOCH, ARGV[1]) == 0 then return 'epoch' end
local there = redis.call('GET', SCOPE)
if there and struct.unpack('<d', there) == epoch then return 'there' end
if (there and redis.sha1hex(there) or '') ~= ARGV[6] then return 'changed' end

local counted = {}
for at = 7, #ARGV do counted[ARGV[at]] = true end
for _, item in ipairs(redis.call('XRANGE', STREAM, '(' .. ARGV[3], '+')) do
  local entry = cjson.decode(item[2][2])
  if entry.kind == 'charge' and not counted[entry.op] and stands_in(entry.scopes) then
    total = total + entry.us
    if entry.tier == 'premium' then premium = premium + entry.us end
  end
end

-- The calls whose leases may stand in the scope. With ten thousand leases it takes 30 ms to look at all of them, and each
-- of their users has scopes to be counted when a day begins or Redis comes back.
local function leases()
  if string.sub(name, 1, 5) == 'call:' then return { string.sub(name, 6) } end
  if string.sub(name, 1, 5) ~= 'user-' then return redis.call('ZRANGE', LEASES, 0, -1) end
  local LISTED = LEASES .. ':listed'
  if redis.call('SCARD', LISTED) == redis.call('ZCARD', LEASES) then
    return redis.call('SMEMBERS', LEASES .. ':' .. name)
  end
  -- Some were made by a worker of a version before, that lists none, or the list is lost: all are listed now.
  local all = redis.call('ZRANGE', LEASES, 0, -1)
  redis.call('DEL', LISTED)
  for _, call in ipairs(all) do
    redis.call('SADD', LISTED, call)
    local lease = redis.call('GET', ARGV[4] .. call)
    for scope in string.gmatch(lease and string.sub(lease, 17) or '', 'user%-%S+') do
      redis.call('SADD', LEASES .. ':' .. scope, call)
      redis.call('EXPIRE', LEASES .. ':' .. scope, 172800)
    end
  end
  return all
end

local premium_held, held = 0, 0
for _, call in ipairs(leases()) do
  local lease = redis.call('GET', ARGV[4] .. call)
  if lease and stands_in(string.sub(lease, 17)) then
    local tier, money = struct.unpack('<dd', lease)
    held = held + money
    if tier == 1 then premium_held = premium_held + money end
  end
end

-- What the caps have no room for stands beside them until it is paid.
local committed = math.max(0, math.min(total, tcap - held))
local premium_committed = math.max(0, math.min(premium, pcap - premium_held))
local beside, premium_beside = math.max(0, total - committed), math.max(0, premium - premium_committed)
blind, premium_blind = math.max(0, math.min(beside, blind)), math.max(0, math.min(premium_beside, premium_blind))
redis.call('SET', SCOPE, struct.pack('<ddddddddd', epoch, premium_committed, premium_held, committed, held,
  premium_beside - premium_blind, beside - blind, premium_blind, blind))
return 'counted'
