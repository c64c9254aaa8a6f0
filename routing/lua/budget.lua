-- One call's money, in one atomic step over every scope that it touches: all pass, or none is touched.
--
-- KEYS: 1 epoch, 2 leases, 3 stream, 4 the call's operations, 5 the call's lease, 6… one for each scope
-- ARGV: 1 verb, 2 epoch, 3 operation id, 4 call id, 5 the journal's entry (JSON), 6 scope names joined by a space,
--       7 mode, 8 and 9 what the keys of leases and of scopes begin with, 10 packed numbers: the epoch's number,
--       the highest number of scripts that the worker has seen in this epoch, tier (1 premium, 0 cheaper), amount (µ$),
--       time to live (ms), then for each scope premium cap, total cap, its first ms, the first ms after it, and
--       further amounts to hold (µ$), of which the first that fits is taken where those before it do not;
--       11 who asks: the run of a call on one worker, or empty
-- Reply: status, number of scripts run in this epoch, server time (ms), then what the verb tells.
--
-- A scope is nine packed numbers: epoch; committed and held by premium; committed and held by every tier; overshoot
-- of premium and of every tier, blind spending of both, which stand outside committed and are not paid yet.
-- A lease is tier and held, packed, the scope names, and « @» with the run that holds it. Packed, since text would
-- take three times as long. The run comes last, as one name more: who does not know of it finds no such scope.
-- For each scope of a user a set has the calls whose leases stand in it, and one more set all calls that are in such
-- sets: seed.lua need not look at every lease.

local EPOCH, LEASES, STREAM, OPERATIONS, LEASE = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local LISTED = LEASES .. ':listed'
local call = redis.call

-- A worker that knows another epoch than Redis does has missed a loss of data.
local run = call('HINCRBY', EPOCH, ARGV[2], 1)
if run == 1 then
  call('HDEL', EPOCH, ARGV[2])
  return { 'epoch' }
end
local epoch, seen, tier, amount, ttl, at = struct.unpack('<ddddd', ARGV[10])
if run <= seen then return { 'backwards' } end -- an old snapshot was put back

local verb, names, mode = ARGV[1], ARGV[6], ARGV[7]
local known = call('HGET', OPERATIONS, ARGV[3])
if known then
  local clock = call('TIME')
  local spent, held, over = string.match(known, '(%S+) (%S+) (%S+)')
  return { 'ok', run, clock[1] * 1000 + math.floor(clock[2] / 1000), tonumber(spent), tonumber(held), tonumber(over) }
end

local now
if verb == 'hold' then
  local clock = call('TIME')
  now = clock[1] * 1000 + math.floor(clock[2] / 1000)
end

local raw = call('MGET', unpack(KEYS, 5))
local scopes, missing = {}, nil
for n = 1, #KEYS - 5 do
  local pcap, tcap, starts, ends
  pcap, tcap, starts, ends, at = struct.unpack('<dddd', ARGV[10], at)
  if now and (now < starts or now >= ends) then return { 'period', run, now } end
  local e, pc, ph, tc, th, po, to, pb, tb = nil, 0, 0, 0, 0, 0, 0, 0, 0
  if raw[n + 1] then e, pc, ph, tc, th, po, to, pb, tb = struct.unpack('<ddddddddd', raw[n + 1]) end
  if e == epoch or (mode == 'first' and n == 1 and not e) then -- «first»: this call never was before
    scopes[n] = { pcap, tcap, pc, ph, tc, th, po, to, pb, tb }
  else
    missing = (missing and missing .. ' ' or '') .. (n - 1)
  end
end
if missing then return { 'missing', run, now or 0, missing } end
local PCAP, TCAP, PC, PH, TC, TH, PO, TO, PB, TB = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10

-- The scopes that a lease stands in, and the run that holds it; empty for one that does not say.
local function stood_of(lease)
  local stood = string.sub(lease, 17)
  local at = string.find(stood, ' @', 1, true)
  if not at then return stood, '' end
  return string.sub(stood, 1, at - 1), string.sub(stood, at + 2)
end

local RUN = ARGV[11]
local leased, held, where, holder = nil, 0, nil, ''
if raw[1] then
  leased, held = struct.unpack('<dd', raw[1])
  where, holder = stood_of(raw[1])
end
local same = where == names -- else the lease stands in the scopes of another day
local anothers = holder ~= '' and holder ~= RUN -- another worker has taken the call over, or we are about to

local function pack(s)
  return struct.pack('<ddddddddd', epoch, s[PC], s[PH], s[TC], s[TH], s[PO], s[TO], s[PB], s[TB])
end

local function write(lease)
  local set = {}
  for n = 1, #scopes do
    set[2 * n - 1], set[2 * n] = KEYS[n + 5], pack(scopes[n])
  end
  if lease then
    set[#set + 1] = LEASE
    set[#set + 1] = lease
  end
  call('MSET', unpack(set))
end

local function remember(over)
  local s = scopes[1]
  local spent = s[TC] + s[TO] + s[TB]
  call('HSET', OPERATIONS, ARGV[3], spent .. ' ' .. held .. ' ' .. over)
  return spent
end

-- Notes in which scopes of its user a call's lease stands, or stands no more. No call is as long as two days.
local function note(command, who, scope_names)
  for name in string.gmatch(scope_names, 'user%-%S+') do
    call(command, LEASES .. ':' .. name, who)
    if command == 'SADD' then call('EXPIRE', LEASES .. ':' .. name, 172800) end
  end
end

-- Takes what a lease holds out of scopes that are not this call's own at hand.
local function release(of, money, scope_names)
  for name in string.gmatch(scope_names, '%S+') do
    local key, own = ARGV[9] .. name, false
    for n = 1, #scopes do
      if KEYS[n + 5] == key then
        own = true
        scopes[n][TH] = scopes[n][TH] - money
        if of == 1 then scopes[n][PH] = scopes[n][PH] - money end
      end
    end
    local value = not own and call('GET', key)
    if value then
      local e, pc, ph, tc, th, po, to, pb, tb = struct.unpack('<ddddddddd', value)
      if e == epoch then
        if of == 1 then ph = ph - money end
        call('SET', key, struct.pack('<ddddddddd', e, pc, ph, tc, th - money, po, to, pb, tb))
      end
    end
  end
end

-- In which of the scopes at hand the lease stands, and the names of the others in which it does.
local function standing()
  local stands, elsewhere, at_hand = {}, '', {}
  for n = 1, #scopes do
    stands[n] = same
    at_hand[KEYS[n + 5]] = n
  end
  if leased and not same then
    for name in string.gmatch(where, '%S+') do
      local n = at_hand[ARGV[9] .. name]
      if n then stands[n] = true else elsewhere = elsewhere .. ' ' .. name end
    end
  end
  return stands, elsewhere
end

if verb == 'meter' then
  local use, over = 0, 0
  if amount >= 0 then
    if same and leased == tier then use = math.min(held, amount) end
    local room = amount - use
    for n = 1, #scopes do
      local s = scopes[n]
      room = math.min(room, s[TCAP] - s[TC] - s[TH])
      if tier == 1 then room = math.min(room, s[PCAP] - s[PC] - s[PH]) end
    end
    if room < 0 then room = 0 end
    over = amount - use - room
    for n = 1, #scopes do
      if scopes[n][TH] < use or (tier == 1 and scopes[n][PH] < use) then -- counted while the lease was not listed
        call('DEL', EPOCH, LEASE)
        return { 'epoch' }
      end
    end
    for n = 1, #scopes do
      local s = scopes[n]
      s[TC], s[TH], s[TO] = s[TC] + use + room, s[TH] - use, s[TO] + over
      if tier == 1 then
        s[PC], s[PH], s[PO] = s[PC] + use + room, s[PH] - use, s[PO] + over
      end
    end
    held = held - use
  else -- an estimate was too high
    for n = 1, #scopes do
      local s = scopes[n]
      local beside = math.min(-amount, s[TO])
      local blind = math.min(-amount - beside, s[TB])
      s[TO], s[TB], s[TC] = s[TO] - beside, s[TB] - blind, s[TC] + amount + beside + blind
      if tier == 1 then
        beside = math.min(-amount, s[PO])
        blind = math.min(-amount - beside, s[PB])
        s[PO], s[PB], s[PC] = s[PO] - beside, s[PB] - blind, s[PC] + amount + beside + blind
      end
    end
  end
  write(use > 0 and struct.pack('<dd', leased, held) .. string.sub(raw[1], 17) or nil)
  local id = call('XADD', STREAM, '*', 'entry', ARGV[5])
  local spent = remember(over)
  if not leased then call('PEXPIRE', OPERATIONS, 86400000) end
  return { 'ok', run, tonumber(string.match(id, '^%d+')), spent, held, over }
end

-- A lease that was evicted still stands in the scopes, and one that is not among the leases may not: all count anew.
local expires = leased and call('ZSCORE', LEASES, ARGV[4])
if leased and not expires then
  call('DEL', EPOCH, LEASE)
  call('SREM', LISTED, ARGV[4])
  return { 'epoch' }
elseif not leased and call('ZREM', LEASES, ARGV[4]) == 1 then
  call('DEL', EPOCH)
  call('SREM', LISTED, ARGV[4])
  return { 'epoch' }
end

if verb == 'hold' then
  -- A run takes the lease over with its first hold; from then on who had it before changes nothing any more.
  if anothers and mode ~= 'take' and mode ~= 'first' and tonumber(expires) > now then
    return { 'superseded', run, now }
  end

  for _, other in ipairs(call('ZRANGEBYSCORE', LEASES, '-inf', now, 'LIMIT', 0, 10)) do
    if other ~= ARGV[4] then
      local key = ARGV[8] .. other
      local dead = call('GET', key)
      call('ZREM', LEASES, other)
      call('SREM', LISTED, other)
      if dead then
        local of, money = struct.unpack('<dd', dead)
        local stood = stood_of(dead)
        release(of, money, stood)
        note('SREM', other, stood)
        call('DEL', key)
        call('XADD', STREAM, '*', 'entry', cjson.encode({
          op = 'expired:' .. other .. ':' .. string.format('%.0f', now), kind = 'lease', call = other,
          tier = of == 1 and 'premium' or 'economy', us = 0, scopes = stood, details = { event = 'expired' },
        }))
      else
        call('DEL', EPOCH)
        return { 'epoch' }
      end
    end
  end

  -- Nothing is written before every scope has agreed, but what was reaped stays reaped.
  local reaped = {}
  for n = 1, #scopes do reaped[n] = pack(scopes[n]) end
  local stands, elsewhere = standing()
  for n = 1, #scopes do
    local s = scopes[n]
    if stands[n] then -- what it holds by now makes way for the new amount, also where a day has changed beside it
      s[TH] = s[TH] - held
      if leased == 1 then s[PH] = s[PH] - held end
    end
    -- What was spent outside the caps is paid first.
    if s[TO] + s[TB] > 0 then
      local pay = math.max(0, math.min(s[TO] + s[TB], s[TCAP] - s[TC] - s[TH]))
      local beside = math.min(pay, s[TO])
      s[TC], s[TO], s[TB] = s[TC] + pay, s[TO] - beside, s[TB] - pay + beside
    end
    if s[PO] + s[PB] > 0 then
      local pay = math.max(0, math.min(s[PO] + s[PB], s[PCAP] - s[PC] - s[PH]))
      local beside = math.min(pay, s[PO])
      s[PC], s[PO], s[PB] = s[PC] + pay, s[PO] - beside, s[PB] - pay + beside
    end
  end
  -- The first scope that has something against an amount, and what.
  local function against(money)
    for n = 1, #scopes do
      local s = scopes[n]
      if tier == 1 and s[PO] + s[PB] + s[TO] + s[TB] > 0 then return n, 'unpaid' end
      if s[TC] + s[TH] + money > s[TCAP] then return n, 'total' end
      if tier == 1 and s[PC] + s[PH] + money > s[PCAP] then return n, 'premium' end
    end
  end
  local short
  local refused, why = against(amount)
  while refused and at <= #ARGV[10] do
    short = refused
    amount, at = struct.unpack('<d', ARGV[10], at)
    refused, why = against(amount)
  end
  if refused then
    for n = 1, #scopes do
      if raw[n + 1] and raw[n + 1] ~= reaped[n] then call('SET', KEYS[n + 5], reaped[n]) end
    end
    return { 'refused', run, now, refused - 1, why }
  end
  for n = 1, #scopes do
    local s = scopes[n]
    s[TH] = s[TH] + amount
    if tier == 1 then s[PH] = s[PH] + amount end
  end
  if elsewhere ~= '' then
    release(leased, held, elsewhere)
    note('SREM', ARGV[4], elsewhere)
  end
  held = amount
  write(struct.pack('<dd', tier, amount) .. names .. (RUN ~= '' and ' @' .. RUN or ''))
  call('ZADD', LEASES, now + ttl, ARGV[4])
  if call('SADD', LISTED, ARGV[4]) == 1 or not same then note('SADD', ARGV[4], names) end
  if leased ~= tier then call('XADD', STREAM, '*', 'entry', ARGV[5]) end
  local spent = remember(0)
  if not leased then call('PEXPIRE', OPERATIONS, 86400000) end
  return { 'ok', run, now, spent, held, 0, short and short - 1 }
end

if verb == 'settle' then
  if leased and not anothers then
    if same then
      for n = 1, #scopes do
        local s = scopes[n]
        s[TH] = s[TH] - held
        if leased == 1 then s[PH] = s[PH] - held end
      end
    else
      release(leased, held, where)
    end
    write()
    call('DEL', LEASE)
    call('ZREM', LEASES, ARGV[4])
    note('SREM', ARGV[4], where)
    call('SREM', LISTED, ARGV[4])
  end
  held = 0
  local id = call('XADD', STREAM, '*', 'entry', ARGV[5])
  local spent = remember(0)
  call('PEXPIRE', OPERATIONS, 86400000)
  return { 'ok', run, tonumber(string.match(id, '^%d+')), spent, held, 0 }
end

return redis.error_reply('ERR unknown verb ' .. verb)
