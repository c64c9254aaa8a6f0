"""Growing waits between tries: a few are free, then each one doubles the wait for the next.

A try is charged before it is judged, in one step, so that a hundred at once get no more than a hundred in a row;
a right one takes its charge back, and may spare the next ones from there a count that strangers can fill. Redis holds the counts for all web processes; while it is away each process
counts for itself.
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
  redis.call('PEXPIRE', key, ARGV[4 * i])
end
return 0
"""

# The same KEYS. ARGV: ms for which the next tries are spared. What was spared was not charged.
_TAKE_BACK = """
redis.call('DEL', KEYS[1])
local count = #KEYS / 2
for i = 2, count do
  local spared_by = KEYS[count + i]
  if spared_by ~= '' and redis.call('EXISTS', spared_by) == 1 then
    redis.call('PEXPIRE', spared_by, ARGV[1])
  else
    if spared_by ~= '' then redis.call('SET', spared_by, '1', 'PX', ARGV[1]) end
    if redis.call('HINCRBY', KEYS[i], 'count', -1) <= 0 then
      redis.call('DEL', KEYS[i])
    else
      redis.call('HDEL', KEYS[i], 'till')
    end
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
        self._tries: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._spared: OrderedDict[str, float] = OrderedDict()
        """What spares a scope, and until when."""

    def charge(self, scopes: Sequence[Scope]) -> int:
        now = self._clock() * 1000
        scopes = [scope for scope in scopes if not self._is_spared(scope, now)]
        for scope in scopes:
            _, till = self._tries.get(scope.key, (0, 0.0))
            if now - till > scope.rule.forget_ms:
                self._tries.pop(scope.key, None)
        wait = max(self._tries.get(scope.key, (0, 0.0))[1] - now for scope in scopes)
        if wait > 0:
            return int(wait) + 1
        for scope in scopes:
            count = self._tries.pop(scope.key, (0, 0.0))[0] + 1
            self._tries[scope.key] = (count, now + scope.rule.wait_ms(count))
        while len(self._tries) > self._most:
            self._tries.popitem(last=False)
        return 0

    def take_back(self, scopes: Sequence[Scope]) -> None:
        now = self._clock() * 1000
        self._tries.pop(scopes[0].key, None)
        for scope in scopes[1:]:
            if scope.key in self._tries and not self._is_spared(scope, now):
                self._tries[scope.key] = (self._tries[scope.key][0] - 1, now)
            if scope.spared_by:
                self._spared.pop(scope.spared_by, None)
                self._spared[scope.spared_by] = now + SPARED_MS
        while len(self._spared) > self._most:
            self._spared.popitem(last=False)

    def _is_spared(self, scope: Scope, now: float) -> bool:
        return self._spared.get(scope.spared_by, 0.0) > now


class TryLimit:
    """Counts tries in Redis, and in memory while Redis is away."""

    def __init__(
        self, redis: Redis, metrics: WebMetrics, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._redis = redis
        self._metrics = metrics
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
            self._metrics.without_redis.labels("sign_in_limit").inc()
            log.warning("redis is away: tries are counted in memory")
            wait = self._local.charge(scopes)
        return wait / 1000

    async def take_back(self, scopes: Sequence[Scope]) -> None:
        """After a right try: forget the first scope's tries, and this one of the others; spare what is to be spared."""
        self._local.take_back(scopes)
        try:
            await self._run(_TAKE_BACK, scopes, [SPARED_MS])
        except RedisError:
            log.warning("redis is away: a right try stays charged there")

    async def _run(self, script: str, scopes: Sequence[Scope], arguments: Sequence[int]) -> int:
        keys = [PREFIX + scope.key for scope in scopes]
        keys += [PREFIX + scope.spared_by if scope.spared_by else "" for scope in scopes]
        answer = self._redis.eval(script, len(keys), *keys, *(str(number) for number in arguments))
        return int(await cast("Awaitable[int]", answer))
