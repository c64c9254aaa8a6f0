"""Beginnings of prompts that the vendors hold in their caches, as the calls of all workers know through Redis.

A chat request that gets no answer is booked by estimate, and the first of a call cannot know by itself that the calls
before it had its instructions and tools cached: it would be booked at the full price. Only digests are kept.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger("agent.prompt_beginnings")

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
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def ask(self) -> None:
        """Ask what the others know, for the session that begins; it goes on meanwhile."""
        self._spawn(self._ask())

    def knows(self, digest: str) -> bool:
        """Whether its vendor holds a beginning."""
        return self._clock() - self._used.get(digest, 0.0) < HELD_SECONDS

    def used(self, digest: str) -> None:
        """A vendor was sent a prompt that begins so."""
        now = self._used[digest] = self._clock()
        if now - self._told.get(digest, 0.0) >= TOLD_EVERY_SECONDS:
            self._told[digest] = now
            self._spawn(self._tell(digest, now))

    async def aclose(self) -> None:
        """Finish telling, and tell nothing more."""
        self._closed = True
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=WAIT_SECONDS)
            for task in late:
                task.cancel()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        if self._closed:
            work.close()
            return
        task = asyncio.create_task(self._quietly(work), name="prompt_beginnings")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _quietly(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await work
        except (RedisError, TimeoutError):
            # An estimate that is too high, and corrected when the vendor's export comes.
            log.warning("prompt_beginnings.redis_unavailable")

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
