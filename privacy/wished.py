"""Erasures that people have confirmed in a call and that have not begun: kept in Redis until a worker can begin them.

Of each stands the person's random id. Once an erasure has begun the people's database knows of it, and it goes from here.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger("privacy.wished")

KEY: Final = "voicetasks:erasures:wished"
"""Sorted set of people's ids by the second of their yes."""
KEEP_SECONDS: Final = 7 * 86_400
"""A database that is away for longer has been lost, and with it what was to be erased."""
AT_ONCE: Final = 100
"""Begun with one look: others look too, and there is a next one."""


class Wished:
    """What is still to be begun. Beginning one twice does no harm."""

    def __init__(self, redis: Redis, *, clock: Callable[[], float] = time.time) -> None:
        self._redis = redis
        self._clock = clock

    async def keep(self, user_id: str) -> bool:
        """Keep that somebody is to be erased. False where Redis is away: then only whoever erases them now knows it."""
        try:
            async with self._redis.pipeline() as pipe:
                pipe.zadd(KEY, {user_id: self._clock()}, nx=True)
                pipe.expire(KEY, KEEP_SECONDS)
                await pipe.execute()
        except (RedisError, OSError) as error:
            log.error("erasure.not_kept", extra={"error": type(error).__name__})
            return False
        return True

    async def begun(self, user_id: str) -> None:
        """The people's database knows of it. Raises RedisError, OSError."""
        await self._redis.zrem(KEY, user_id)

    async def waiting(self) -> list[str]:
        """Give the ids of the people who wait, the longest waiting first. Raises RedisError, OSError."""
        if too_old := await self._redis.zremrangebyscore(KEY, "-inf", self._clock() - KEEP_SECONDS):
            log.error("erasure.given_up", extra={"count": too_old})
        found: Sequence[Any] = await self._redis.zrange(KEY, 0, AT_ONCE - 1)
        return [each.decode() if isinstance(each, bytes) else each for each in found]
