-- One call's money, in one atomic step over every scope that it touches: all pass, or none is touched.
--
-- KEYS: 1 epoch, 2 leases, 3 stream, 4 the call's lease, 5 the call's operations, 6… one hash for each scope
-- ARGV: 1 verb, 2 epoch, 3 operation id, 4 call id, 5 tier, 6 amount (µ$), 7 time to live (ms), 8 mode,
--       9 details (JSON for the journal), 10 scope names joined by a space, 11 and 12 what the keys of leases and
--       of scopes begin with, 13 the highest number of scripts that the worker has seen in this epoch,
--       then for each scope: premium cap, total cap, its first ms, the first ms after it
-- Reply: status, number of scripts run in this epoch, server time (ms), then what the verb tells.
--
-- A scope's hash: e epoch; pc, ph committed and held by premium; tc, th by every tier;
-- po, to overshoot and pb, tb blind spending, both outside committed and not paid yet.

local EPOCH, LEASES, STREAM, LEASE, OPERATIONS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local verb, epoch, operation, call, tier = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local amount, ttl, mode, details, names = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8], ARGV[9], ARGV[10]
local premium = tier == 'premium'
local LEASED, SCOPE = ARGV[11], ARGV[12]
local REAPED_AT_ONCE = 10
local OPERATIONS_MS = 21600000

local function int(number) return string.format('%.0f', number + 0) end -- never «-0»

-- A worker that knows another epoch than Redis does has missed a loss of data.
local run = redis.call('HINCRBY', EPOCH, epoch, 1)
if run == 1 then
  redis.call('HDEL', EPOCH, epoch)
  return { 'epoch' }
end
if run <= tonumber(ARGV[13]) then return { 'backwards' } end -- an old snapshot was put back

local known = redis.call('HGET', OPERATIONS, operation)
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function reply(...)
  local parts = { 'ok', int(run), int(now), ... }
  return parts
end

if known then return reply(unpack(cjson.decode(known))) end

local scopes, missing = {}, {}
for at = 6, #KEYS do
  local argument = 13 + (at - 6) * 4
  local starts, ends = tonumber(ARGV[argument + 3]), tonumber(ARGV[argument + 4])
  if verb == 'hold' and (now < starts or now >= ends) then return { 'period', int(run), int(now) } end
  local have = redis.call('HMGET', KEYS[at], 'e', 'pc', 'ph', 'tc', 'th', 'po', 'to', 'pb', 'tb')
  if have[1] == epoch then
    scopes[#scopes + 1] = {
      key = KEYS[at], pcap = tonumber(ARGV[argument + 1]), tcap = tonumber(ARGV[argument + 2]),
      pc = tonumber(have[2]), ph = tonumber(have[3]), tc = tonumber(have[4]), th = tonumber(have[5]),
      po = tonumber(have[6]), to = tonumber(have[7]), pb = tonumber(have[8]), tb = tonumber(have[9]),
    }
  elseif mode == 'first' and at == 6 then -- the call's own scope, of a call that never was before
    scopes[1] = {
      key = KEYS[at], pcap = tonumber(ARGV[argument + 1]), tcap = tonumber(ARGV[argument + 2]), new = true,
      pc = 0, ph = 0, tc = 0, th = 0, po = 0, to = 0, pb = 0, tb = 0,
    }
  else
    missing[#missing + 1] = tostring(at - 6)
  end
end
if #missing > 0 then return { 'missing', int(run), int(now), table.concat(missing, ' ') } end

local function write(scope)
  redis.call('HSET', scope.key, 'e', epoch, 'pc', int(scope.pc), 'ph', int(scope.ph), 'tc', int(scope.tc),
    'th', int(scope.th), 'po', int(scope.po), 'to', int(scope.to), 'pb', int(scope.pb), 'tb', int(scope.tb))
  if scope.new then redis.call('PEXPIRE', scope.key, OPERATIONS_MS) end
end

local function journal(kind, of, whose, what, microdollars, where, text)
  redis.call('XADD', STREAM, '*', 'op', of, 'kind', kind, 'call', whose, 'tier', what,
    'us', int(microdollars), 'scopes', where, 'at', int(now), 'details', text)
end

local function release(key, what, held)
  redis.call('HINCRBY', key, 'th', int(-held))
  if what == 'premium' then redis.call('HINCRBY', key, 'ph', int(-held)) end
end

local function remember(...)
  redis.call('HSET', OPERATIONS, operation, cjson.encode({ ... }))
end

local lease = redis.call('HMGET', LEASE, 'tier', 'held', 'scopes')
local leased, held, where = lease[1], tonumber(lease[2] or '0'), lease[3]
local same = where == names -- else the lease stands in the scopes of another day

if not leased and verb ~= 'meter' and redis.call('ZREM', LEASES, call) == 1 then
  -- The lease was evicted and what it held still stands in the scopes: count anew.
  redis.call('DEL', EPOCH)
  return { 'epoch' }
end

local function spent() return scopes[1].tc + scopes[1].to + scopes[1].tb end

if verb == 'hold' then
  for _, other in ipairs(redis.call('ZRANGEBYSCORE', LEASES, '-inf', int(now), 'LIMIT', 0, REAPED_AT_ONCE)) do
    if other ~= call then
      local key = LEASED .. other
      local dead = redis.call('HMGET', key, 'tier', 'held', 'scopes')
      if dead[1] then
        for name in string.gmatch(dead[3], '%S+') do
          local of_scope = SCOPE .. name
          if redis.call('HGET', of_scope, 'e') == epoch then release(of_scope, dead[1], tonumber(dead[2])) end
        end
        journal('lease', 'expired:' .. other .. ':' .. int(now), other, dead[1], 0, dead[3], '{"event":"expired"}')
      else -- what it held is not known any more: everybody counts anew
        redis.call('DEL', EPOCH)
      end
      redis.call('DEL', key)
      redis.call('ZREM', LEASES, other)
      for _, scope in ipairs(scopes) do
        local fresh = redis.call('HMGET', scope.key, 'ph', 'th')
        if fresh[1] then scope.ph, scope.th = tonumber(fresh[1]), tonumber(fresh[2]) end
      end
    end
  end

  for n, scope in ipairs(scopes) do
    if same then
      scope.th = scope.th - held
      if leased == 'premium' then scope.ph = scope.ph - held end
    end
    -- What was spent outside the caps is paid first.
    local pay = math.max(0, math.min(scope.to + scope.tb, scope.tcap - scope.tc - scope.th))
    local over = math.min(pay, scope.to)
    scope.tc, scope.to, scope.tb = scope.tc + pay, scope.to - over, scope.tb - (pay - over)
    pay = math.max(0, math.min(scope.po + scope.pb, scope.pcap - scope.pc - scope.ph))
    over = math.min(pay, scope.po)
    scope.pc, scope.po, scope.pb = scope.pc + pay, scope.po - over, scope.pb - (pay - over)

    local why = nil
    if premium and scope.po + scope.pb + scope.to + scope.tb > 0 then
      why = 'unpaid'
    elseif scope.tc + scope.th + amount > scope.tcap then
      why = 'total'
    elseif premium and scope.pc + scope.ph + amount > scope.pcap then
      why = 'premium'
    end
    if why then return { 'refused', int(run), int(now), tostring(n - 1), why } end
    scope.th = scope.th + amount
    if premium then scope.ph = scope.ph + amount end
  end

  if leased and not same then
    for name in string.gmatch(where, '%S+') do
      local key, own = SCOPE .. name, false
      for _, scope in ipairs(scopes) do
        if scope.key == key then
          own = true
          scope.th = scope.th - held
          if leased == 'premium' then scope.ph = scope.ph - held end
        end
      end
      if not own and redis.call('HGET', key, 'e') == epoch then release(key, leased, held) end
    end
  end
  for _, scope in ipairs(scopes) do write(scope) end
  redis.call('HSET', LEASE, 'tier', tier, 'held', int(amount), 'scopes', names)
  redis.call('ZADD', LEASES, int(now + ttl), call)
  if leased ~= tier then journal('lease', operation, call, tier, 0, names, details) end
  remember(int(spent()), int(amount))
  redis.call('PEXPIRE', OPERATIONS, OPERATIONS_MS)
  return reply(int(spent()), int(amount))
end

if verb == 'meter' then
  local use, cover, over = 0, 0, 0
  if amount >= 0 then
    if same and leased == tier then use = math.min(held, amount) end
    local room = amount - use
    for _, scope in ipairs(scopes) do
      room = math.min(room, scope.tcap - scope.tc - scope.th)
      if premium then room = math.min(room, scope.pcap - scope.pc - scope.ph) end
    end
    cover = math.max(0, room)
    over = amount - use - cover
    for _, scope in ipairs(scopes) do
      scope.tc, scope.th, scope.to = scope.tc + use + cover, scope.th - use, scope.to + over
      if premium then
        scope.pc, scope.ph, scope.po = scope.pc + use + cover, scope.ph - use, scope.po + over
      end
    end
  else -- an estimate was too high
    for _, scope in ipairs(scopes) do
      local over, blind = math.min(-amount, scope.to), 0
      blind = math.min(-amount - over, scope.tb)
      scope.to, scope.tb, scope.tc = scope.to - over, scope.tb - blind, scope.tc + amount + over + blind
      if premium then
        over = math.min(-amount, scope.po)
        blind = math.min(-amount - over, scope.pb)
        scope.po, scope.pb, scope.pc = scope.po - over, scope.pb - blind, scope.pc + amount + over + blind
      end
    end
  end
  for _, scope in ipairs(scopes) do write(scope) end
  if use > 0 then redis.call('HSET', LEASE, 'held', int(held - use)) end
  journal('charge', operation, call, tier, amount, names, details)
  remember(int(spent()), int(use > 0 and held - use or held), int(over))
  return reply(int(spent()), int(use > 0 and held - use or held), int(over))
end

if verb == 'settle' then
  if leased then
    if same then
      for _, scope in ipairs(scopes) do
        scope.th = scope.th - held
        if leased == 'premium' then scope.ph = scope.ph - held end
        write(scope)
      end
    else
      for name in string.gmatch(where, '%S+') do
        if redis.call('HGET', SCOPE .. name, 'e') == epoch then release(SCOPE .. name, leased, held) end
      end
    end
    redis.call('DEL', LEASE)
    redis.call('ZREM', LEASES, call)
  end
  journal('lease', operation, call, tier, 0, names, details)
  remember(int(spent()), '0')
  return reply(int(spent()), '0')
end

return redis.error_reply('ERR unknown verb ' .. verb)
