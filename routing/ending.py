"""The end of background work that talks to servers by libraries which may forget that they were cancelled."""

from __future__ import annotations

import asyncio
from typing import Any, Final

AGAIN_SECONDS: Final = 2.0
"""What ends by itself may take so long for it."""


def heed_cancellation() -> None:
    """Raise CancelledError where the current task was cancelled and a library has just lost that.

    To be called behind each answer by whatever asks again and again: asyncio itself cancels once, and waits for ever.
    """
    if (task := asyncio.current_task()) is not None and task.cancelling():
        raise asyncio.CancelledError


async def ended(*tasks: asyncio.Task[Any], again_seconds: float = AGAIN_SECONDS) -> None:
    """Cancel some tasks, as often as it takes, and wait until they are over; how they ended is not told.

    redis-py and aiohttp wait by `asyncio.wait_for`, which before Python 3.12 loses a cancellation that comes just as
    the answer does (cpython issue 86296): the task works on, and whoever waited for its end waits for ever.
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=again_seconds)
    await asyncio.gather(*tasks, return_exceptions=True)
