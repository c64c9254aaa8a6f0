"""A worker that stops gives its calls to others one after the other.

Each successor takes a processor for about a second while it starts. Where all start at once every one of them is as
late as the last.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from redis.exceptions import RedisError

log = logging.getLogger("agent.handing_over")

APART_SECONDS: Final = 1.0
"""Between two calls that are asked to leave."""
ASKING_SECONDS: Final = 8.0
"""In which all are asked, however many there are."""
HAND_OVER_SECONDS: Final = 8.0
"""How long the last of them may take to leave a worker that stops before they are over."""
_LOOK_SECONDS: Final = 0.1


class Asks(Protocol):
    """Who can ask a call to leave."""

    async def ask_to_leave_room(self, room: str) -> None:
        """Have the owner of the call in this room hand it over. Raises RedisError."""


async def hand_over(calls: Asks, left: Callable[[], Sequence[str]]) -> None:
    """Have the calls in these rooms go to other workers, and wait until they have; bounded in time.

    `left` gives the rooms of the calls that are still here.
    """
    asked: set[str] = set()
    rooms = list(left())
    apart = min(APART_SECONDS, ASKING_SECONDS / max(1, len(rooms)))
    try:
        for room in rooms:
            if asked:
                await asyncio.sleep(apart)
            if room in left():
                await calls.ask_to_leave_room(room)
                asked.add(room)
        async with asyncio.timeout(HAND_OVER_SECONDS):
            while left():  # noqa: ASYNC110 (the server tells nobody)
                await asyncio.sleep(_LOOK_SECONDS)
    except RedisError:
        log.warning("worker.redis_unavailable")
    except TimeoutError:
        log.warning("worker.hand_over_timed_out")
