"""A bounded wait in a call, for which our own event loop's standing still is nobody else's silence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

STOOD_STILL_SECONDS: Final = 0.1
"""A wait that ends so much too late was ours: the event loop stood still, and an answer may lie there unread."""
AGAIN_SECONDS: Final = 0.2
"""How long that answer may still take to be read."""


@asynccontextmanager
async def within(deadline: float) -> AsyncIterator[None]:
    """Raise TimeoutError when what is done inside is not over at that time on the event loop's clock.

    A loop that goes on after it stood still sees what came and what is overdue in one turn, and a plain timeout breaks
    off before the answer is taken (measured on a crowded machine: 0.6 and 4.6 s, and a premium caller without money for
    0.3 and 0.7 s). So a timeout that is itself late waits once more, a little.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(None) as patience:

        def overdue() -> None:
            now = loop.time()
            patience.reschedule(now + (AGAIN_SECONDS if now - deadline > STOOD_STILL_SECONDS else 0.0))

        timer = loop.call_at(deadline, overdue)
        try:
            yield
        finally:
            timer.cancel()
