"""Growing waits between tries: a few are free, then each one doubles the wait for the next.

A try is charged before it is judged, in one step, so that a hundred at once get no more than a hundred in a row;
a right one takes its charge back, and may spare the next ones from there counts that strangers can fill. One that
could not be judged takes its charge back alone. Redis holds the counts for all web processes; while it is away each
process counts for itself.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from web.metrics import WebMetrics

log = logging.getLogger(__name__)
PREFIX = "voicetasks:tries:"

# KEYS: of the scopes, and behind them what spares each ('' where nothing does). ARGV: four numbers of each scope's rule.
_CHARGE = """
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
local count, wait, charged = #KEYS / 2, 0, {}
for i = 1, count do
  local spared_by = KEYS[count + i]
  if spared_by == '' or redis.call('EXISTS', spared_by) == 0 then
    charged[#charged + 1] = i
    local till = tonumber(redis.call('HGET', KEYS[i], 'till') or '0')
    if till - now > wait then wait = till - now end
  end
end
if wait > 0 then return wait end
for _, i in ipairs(charged) do
  local key, free, first, most = KEYS[i], tonumber(ARGV[4 * i - 3]), tonumber(ARGV[4 * i - 2]), tonumber(ARGV[4 * i - 1])
  local over = redis.call('HINCRBY', key, 'count', 1) - free
  if over > 0 then
    redis.call('HSET', key, 'till', now + math.min(most, first * 2 ^ math.min(over - 1, 30)))
  end
  local left = redis.call('PTTL', key)
  if left > 0 then redis.call('HSET', key, 'before', now + left) end
  redis.call('PEXPIRE', key, ARGV[4 * i])
end
return 0
"""

# The same KEYS. ARGV: ms for which the next tries are spared; 0 for a try that was not judged.
# What was spared was not charged. A count is forgotten when it would have been without this try.
_TAKE_BACK = """
local count, first, spared_ms, charged = #KEYS / 2, 1, tonumber(ARGV[1]), {}
if spared_ms > 0 then
  redis.call('DEL', KEYS[1])
  first = 2
end
for i = first, count do
  local spared_by = KEYS[count + i]
  if spared_by == '' or redis.call('EXISTS', spared_by) == 0 then charged[#charged + 1] = KEYS[i] end
end
for _, key in ipairs(charged) do
  if redis.call('HINCRBY', key, 'count', -1) <= 0 then
    redis.call('DEL', key)
  else
    local before = redis.call('HGET', key, 'before')
    redis.call('HDEL', key, 'till', 'before')
    if before then redis.call('PEXPIREAT', key, before) end
  end
end
if spared_ms > 0 then
  for i = count + 1, 2 * count do
    if KEYS[i] ~= '' then redis.call('SET', KEYS[i], '1', 'PX', ARGV[1]) end
  end
end
return 0
"""

SPARED_MS = 30 * 24 * 3600 * 1000
"""How long after a right try the next ones from there are spared."""


@dataclass(frozen=True)
class Rule:
    """How many tries are free, and how the wait grows. Times in milliseconds."""

    free: int
    first_wait_ms: int
    most_wait_ms: int
    forget_ms: int

    def wait_ms(self, count: int) -> int:
        """Give the wait after a number of tries."""
        over = count - self.free
        return 0 if over <= 0 else min(self.most_wait_ms, self.first_wait_ms << min(over - 1, 30))


@dataclass(frozen=True)
class Scope:
    """What is counted: a key that names nobody (a keyed hash) and its rule."""

    key: str
    rule: Rule
    spared_by: str = ""
    """What a right try leaves behind, another such key: while it is there this scope is not asked and not charged."""


class _LocalTries:
    """The same counting in memory, bounded: the oldest are forgotten first."""

    def __init__(self, clock: Callable[[], float], most: int = 10_000) -> None:
        self._clock = clock
        self._most = most
        self._tries: OrderedDict[str, tuple[int, float, float]] = OrderedDict()
        """How many, until when the next one waits, and what that was before the last one."""
        self._spared: OrderedDict[str, float] = OrderedDict()
        """What spares a scope, and until when."""

    def charge(self, scopes: Sequence[Scope]) -> int:
        now = self._clock() * 1000
        scopes = [scope for scope in scopes if not self._is_spared(scope, now)]
        for scope in scopes:
            if now - self._till(scope) > scope.rule.forget_ms:
                self._tries.pop(scope.key, None)
        wait = max(self._till(scope) - now for scope in scopes)
        if wait > 0:
            return int(wait) + 1
        for scope in scopes:
            before, (count, _, _) = self._till(scope), self._tries.pop(scope.key, (0, 0.0, 0.0))
            self._tries[scope.key] = (count + 1, now + scope.rule.wait_ms(count + 1), before)
        while len(self._tries) > self._most:
            self._tries.popitem(last=False)
        return 0

    def take_back(self, scopes: Sequence[Scope], *, spared_ms: int) -> None:
        now = self._clock() * 1000
        charged = [scope for scope in scopes if not self._is_spared(scope, now)]
        if spared_ms:
            self._tries.pop(scopes[0].key, None)
        for scope in charged:
            count, _, before = self._tries.pop(scope.key, (0, 0.0, 0.0))
            if count > 1:
                self._tries[scope.key] = (count - 1, before, before)
        for spared_by in {scope.spared_by for scope in scopes if scope.spared_by and spared_ms}:
            self._spared.pop(spared_by, None)
            self._spared[spared_by] = now + spared_ms
        while len(self._spared) > self._most:
            self._spared.popitem(last=False)

    def _till(self, scope: Scope) -> float:
        return self._tries.get(scope.key, (0, 0.0, 0.0))[1]

    def _is_spared(self, scope: Scope, now: float) -> bool:
        return self._spared.get(scope.spared_by, 0.0) > now


class TryLimit:
    """Counts tries in Redis, and in memory while Redis is away."""

    def __init__(
        self,
        redis: Redis,
        metrics: WebMetrics,
        *,
        decision: str = "sign_in_limit",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._redis = redis
        self._metrics = metrics
        self._decision = decision
        self._local = _LocalTries(clock)

    async def charge(self, scopes: Sequence[Scope]) -> float:
        """Charge one try to every scope, or to none: give 0, or the seconds to wait when one says wait."""
        arguments = [
            number
            for scope in scopes
            for number in (
                scope.rule.free,
                scope.rule.first_wait_ms,
                scope.rule.most_wait_ms,
                scope.rule.forget_ms,
            )
        ]
        try:
            wait = await self._run(_CHARGE, scopes, arguments)
        except RedisError:
            self._metrics.without_redis.labels(self._decision).inc()
            log.warning("redis is away: tries are counted in memory")
            wait = self._local.charge(scopes)
        return wait / 1000

    async def take_back(self, scopes: Sequence[Scope]) -> None:
        """After a right try: forget the first scope's tries, and this one of the others; spare what is to be spared."""
        await self._take_back(scopes, SPARED_MS)

    async def take_back_unjudged(self, scopes: Sequence[Scope]) -> None:
        """After one of which nobody could say whether it was right: forget it, and nothing else."""
        await self._take_back(scopes, 0)

    async def _take_back(self, scopes: Sequence[Scope], spared_ms: int) -> None:
        self._local.take_back(scopes, spared_ms=spared_ms)
        try:
            await self._run(_TAKE_BACK, scopes, [spared_ms])
        except RedisError:
            log.warning("redis is away: a try that was taken back stays charged there")

    async def _run(self, script: str, scopes: Sequence[Scope], arguments: Sequence[int]) -> int:
        keys = [PREFIX + scope.key for scope in scopes]
        keys += [PREFIX + scope.spared_by if scope.spared_by else "" for scope in scopes]
        answer = self._redis.eval(script, len(keys), *keys, *(str(number) for number in arguments))
        return int(await cast("Awaitable[int]", answer))
