-- Has Redis count scopes anew at their next use, since the journal holds charges that the counters may lack.
--
-- KEYS: 1 a call's operations, 2… the scopes
-- ARGV: 1 a number never used before, 2… ids of that call's charges; none: the scopes are counted anew in any case
-- Reply: how many of the charges Redis did not know; when it knew all, its counters hold them and stay.
--
-- A charge is noted as known: should its script still be on its way here, it will change nothing.
-- A scope is not deleted but made one of no epoch, so that whoever is just counting it sees that it has to be done
-- again: those sums may be older than the charges.

local unknown = 0
for at = 2, #ARGV do unknown = unknown + redis.call('HSETNX', KEYS[1], ARGV[at], '0 0 0') end
if #ARGV > 1 then
  if redis.call('PTTL', KEYS[1]) == -1 then redis.call('PEXPIRE', KEYS[1], 86400000) end
  if unknown == 0 then return 0 end
end
for at = 2, #KEYS do
  redis.call('SET', KEYS[at], struct.pack('<ddddddddd', -ARGV[1], 0, 0, 0, 0, 0, 0, 0, 0))
end
return unknown
