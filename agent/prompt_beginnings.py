"""Beginnings of prompts that the vendors hold in their caches, as the calls of all workers know through Redis.

A chat request that gets no answer is booked by estimate, and the first of a call cannot know by itself that the calls
before it had its instructions and tools cached: it would be booked at the full price. Only digests are kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from redis.asyncio import Redis

from agent.beside import Beside

KEY: Final = "voicetasks:prompt_beginnings"
HELD_SECONDS: Final = 300.0
"""OpenAI holds a beginning for 5 to 10 minutes after its last use (https://platform.openai.com/docs/guides/prompt-caching)."""
TOLD_EVERY_SECONDS: Final = 60.0
WAIT_SECONDS: Final = 1.0
"""Nothing waits for Redis here but the end of a call."""


class PromptBeginnings:
    """What one call knows of them, and what it tells the others."""

    def __init__(self, redis: Redis, clock: Callable[[], float] = time.time) -> None:
        self._redis = redis
        self._clock = clock
        self._used: dict[str, float] = {}
        """When each was used last, on the wall's clock."""
        self._told: dict[str, float] = {}
        # An estimate that is too high where Redis does not answer, and corrected when the vendor's export comes.
        self._beside = Beside("prompt_beginnings", WAIT_SECONDS)

    def ask(self) -> None:
        """Ask what the others know, for the session that begins; it goes on meanwhile."""
        self._beside.spawn(self._ask())

    def knows(self, digest: str) -> bool:
        """Whether its vendor holds a beginning."""
        return self._clock() - self._used.get(digest, 0.0) < HELD_SECONDS

    def used(self, digest: str) -> None:
        """A vendor was sent a prompt that begins so."""
        now = self._used[digest] = self._clock()
        if now - self._told.get(digest, 0.0) >= TOLD_EVERY_SECONDS:
            self._told[digest] = now
            self._beside.spawn(self._tell(digest, now))

    async def aclose(self) -> None:
        """Finish telling, and tell nothing more."""
        await self._beside.aclose(wait=WAIT_SECONDS)

    async def _ask(self) -> None:
        since = self._clock() - HELD_SECONDS
        found: Any = await self._redis.zrangebyscore(KEY, since, "+inf", withscores=True)
        for digest, used in found:
            name = digest.decode()
            self._used[name] = max(self._used.get(name, 0.0), used)

    async def _tell(self, digest: str, now: float) -> None:
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.zadd(KEY, {digest: now}, gt=True)
            pipe.zremrangebyscore(KEY, "-inf", now - HELD_SECONDS)
            pipe.expire(KEY, round(HELD_SECONDS))
            await pipe.execute()
