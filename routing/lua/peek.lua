-- Reads scopes as they stand, without their epoch. KEYS: the scopes. Reply: eight numbers each; none for a scope that
-- is not there or has to be counted anew.

local found = {}
for n, value in ipairs(redis.call('MGET', unpack(KEYS))) do
  found[n] = {}
  if value then
    local numbers = { struct.unpack('<ddddddddd', value) }
    if numbers[1] >= 0 then
      for at = 2, 9 do found[n][at - 1] = numbers[at] end
    end
  end
end
return found
