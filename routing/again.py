"""Work beside the calls that never ends, and is started anew should it end all the same."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Final

from routing.ending import ended

log = logging.getLogger("routing.again")

RESTART_SECONDS: Final = 5.0
"""Before work that failed is started again."""


async def again(part: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Do work that never ends, and start it anew whenever it does, until cancelled. `part` names it in the log."""
    while True:
        running = asyncio.create_task(work(), name=part)
        try:
            await asyncio.wait({running})
        finally:
            await ended(running)
        error = None if running.cancelled() else running.exception()
        log.error("work.ended", exc_info=error, extra={"part": part, "seconds": RESTART_SECONDS})
        await asyncio.sleep(RESTART_SECONDS)
