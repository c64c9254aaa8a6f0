"""How many calls somebody has at once, counted in Redis under tags that name nobody: no one holds every line.

A call counts while a worker tells of it, and for its first quarter of a minute in any case. Browsers and telephones count
in one set for each person. Callers who have not shown yet who they are have sets of their own (agent/phone_lines.py).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Mapping
from typing import Final, cast

from pydantic import SecretStr
from redis.asyncio import Redis

from privacy.live_calls import CALLS, SILENT_MS

CALLS_OF_PREFIX: Final = "voicetasks:calls_of:"
"""By a tag: the ids of one person's calls, by the millisecond they were let in."""
BEGINS_MS: Final = 15_000
"""How long a call counts although no worker has told of it: one that was given up on frees them soon."""
KEEP_SECONDS: Final = 86_400
"""Longer than any call."""

DROP_OVER: Final = """
local function drop_over(key, calls, now, begins, silent)
  local theirs = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  for i = 1, #theirs, 2 do
    if now - tonumber(theirs[i + 1]) > begins then
      local told = redis.call('ZSCORE', calls, theirs[i])
      if not told or now - tonumber(told) > silent then redis.call('ZREM', key, theirs[i]) end
    end
  end
end
"""
"""Drops from a set the calls that are over: those that no worker tells of in `calls` (milliseconds)."""

# KEYS: all calls, the sets. ARGV: call id, ms in which a call begins, ms of silence, seconds to keep, most of each set.
_ENTER = (
    DROP_OVER
    + """
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
for i = 2, #KEYS do
  drop_over(KEYS[i], KEYS[1], now, tonumber(ARGV[2]), tonumber(ARGV[3]))
  local most = tonumber(ARGV[3 + i])
  if most > 0 and not redis.call('ZSCORE', KEYS[i], ARGV[1]) and redis.call('ZCARD', KEYS[i]) >= most then return 0 end
end
for i = 2, #KEYS do
  redis.call('ZADD', KEYS[i], now, ARGV[1])
  redis.call('EXPIRE', KEYS[i], ARGV[4])
end
return 1
"""
)


def tag_of(whose: str, secret: SecretStr) -> str:
    """A tag for a person or a number, the same for all who have the secret, that tells neither."""
    return hmac.digest(
        secret.get_secret_value().encode(), f"calls\x00{whose}".encode(), hashlib.sha256
    ).hex()[:32]


class CallsAtOnce:
    """Sets of calls with a bound. Methods raise RedisError."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def enter(self, call_id: str, most: Mapping[str, int]) -> bool:
        """Count a call in each of these sets, of which each takes so many (0: any number).

        False, and counted in none, where one of them is full. A call that is in them already stays.
        """
        numbers = (BEGINS_MS, SILENT_MS, KEEP_SECONDS, *most.values())
        keys = (CALLS, *most)
        answer = self._redis.eval(_ENTER, len(keys), *keys, call_id, *(str(number) for number in numbers))
        return bool(await cast("Awaitable[int]", answer))

    async def leave(self, call_id: str, *sets: str) -> None:
        """Count it there no more."""
        async with self._redis.pipeline() as pipe:
            for each in sets:
                pipe.zrem(each, call_id)
            await pipe.execute()
