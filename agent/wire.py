"""A wire to Redis: its end tells a death at once, where silence tells it only after some seconds.

Whoever serves a call listens on a channel of its own, on which nobody ever speaks. When its process dies the kernel
closes the connection, and Redis counts no listener there any more (`PUBSUB NUMSUB`). A machine that loses its power
closes nothing: silence tells of that one.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from routing.ending import ended

PREFIX: Final = "voicetasks:wire:"
"""Of the channel of each holder."""
LISTEN_SECONDS: Final = 30.0
AGAIN_SECONDS: Final = 0.2
"""Between tries while Redis is away."""


class Wire:
    """One holder's wire, from `start` to `stop`. While Redis is away it is down, and comes up again by itself."""

    def __init__(self, redis: Redis, holder: str) -> None:
        self._redis = redis
        self._channel = PREFIX + holder
        self._since: float | None = None
        self._holding: asyncio.Task[None] | None = None

    @property
    def is_up(self) -> bool:
        """Whether its end would tell something."""
        return self._since is not None

    @property
    def seconds_up(self) -> float:
        """For how long it has not been broken; 0 while it is down."""
        return time.monotonic() - self._since if self._since is not None else 0.0

    def start(self) -> None:
        """Hold it from now on."""
        self._holding = asyncio.create_task(self._hold_on(), name="wire.hold")

    async def stop(self) -> None:
        """Let go of it."""
        holding, self._holding = self._holding, None
        if holding is not None:
            await ended(holding, again_seconds=AGAIN_SECONDS)

    async def _hold_on(self) -> None:
        while True:
            with contextlib.suppress(RedisError, OSError):
                await self._hold()
            await asyncio.sleep(AGAIN_SECONDS)

    async def _hold(self) -> None:
        async with self._redis.pubsub() as listener:
            try:
                await listener.subscribe(self._channel)
                while True:
                    heard = await listener.get_message(timeout=LISTEN_SECONDS)
                    if heard is not None and heard["type"] == "subscribe":
                        # Each time that it comes up: the library mends a broken connection without a word.
                        self._since = time.monotonic()
            finally:
                self._since = None
