"""Calls that somebody makes and nobody takes: seen in the rooms, since a worker that is not there tells nothing.

A worker that is over its slots is refused its jobs by the room server, and the caller hears nothing at all.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from redis.exceptions import RedisError

from web.metrics import WebMetrics
from web.rooms import UNREACHABLE, Rooms
from web.services import Services

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 5.0
WAIT_SECONDS: Final = 15.0
"""A caller who has been alone in a room for so long was not answered."""
OLD_SECONDS: Final = 60.0
"""Rooms are looked into until then: what happens later is no call that nobody took."""
SEEN_KEY: Final = "voicetasks:unanswered:"


class Unanswered:
    """Looks for callers who are alone. Of several web servers one counts each."""

    def __init__(
        self, services: Services, rooms: Rooms | None = None, now: Callable[[], float] = time.time
    ) -> None:
        self._rooms = rooms or services.rooms
        self._redis = services.redis
        self._keys = services.keys
        self._metrics: WebMetrics = services.metrics
        self._now = now
        self._settled: dict[str, float] = {}
        """Rooms that need no further look, and when they were made."""

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
            except UNREACHABLE:
                pass  # readiness tells of it
            except Exception:
                log.exception("the look for unanswered calls failed")
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Look once. Raises one of UNREACHABLE."""
        now = self._now()
        self._settled = {room: made for room, made in self._settled.items() if now - made <= OLD_SECONDS}
        for room, made in await self._rooms.made_at():
            if room in self._settled or not WAIT_SECONDS <= now - made <= OLD_SECONDS:
                continue
            callers, agents = await self._rooms.who(room)
            if agents:
                self._settled[room] = made
            elif callers:
                self._settled[room] = made
                if await self._is_first(room):
                    self._metrics.unanswered.labels("nobody_came").inc()
                    log.error("nobody took a call")

    async def _is_first(self, room: str) -> bool:
        try:
            # The phone bridge names a room by the caller's number, which is nothing to keep.
            seen = SEEN_KEY + self._keys.tag("unanswered", room)
            return bool(await self._redis.set(seen, "1", nx=True, ex=300))
        except RedisError:
            return True
