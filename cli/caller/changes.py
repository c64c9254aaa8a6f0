"""Waiting for something to become true while events come in from many sides."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

LOOK_AGAIN_SECONDS = 0.05
"""Conditions on time («quiet for half a second») change without an event."""


class Changes:
    """Everybody who learns something calls `notify`; who waits looks again."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def notify(self) -> None:
        """Something changed."""
        self._changed.set()

    async def wait_until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait for the condition for at most so many seconds; tell whether it came true."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while not condition():
            left = deadline - loop.time()
            if left <= 0:
                return False
            self._changed.clear()
            try:
                async with asyncio.timeout(min(left, LOOK_AGAIN_SECONDS)):
                    await self._changed.wait()
            except TimeoutError:
                continue
        return True
