"""Work beside a call that nothing in it waits for: what fails of it is written down, and at its end the rest is dropped."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from livekit.agents import APIError
from redis.exceptions import RedisError

log = logging.getLogger("agent.beside")


class Beside:
    """Runs pieces of work, each within `seconds`."""

    def __init__(self, name: str, seconds: float) -> None:
        self._name = name
        self._seconds = seconds
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
        """Begin a piece of work; what Redis or a vendor does not do then is done by a later call. None when it is over."""
        if self._closed:
            work.close()
            return None
        task = asyncio.create_task(self._quietly(work), name=self._name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def aclose(self, *, wait: float = 0.0) -> None:
        """Begin nothing more, and end what runs; it may take so many seconds to end by itself."""
        self._closed = True
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=wait)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)

    async def _quietly(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                await work
        except (RedisError, APIError, TimeoutError) as error:
            log.warning("beside.failed", extra={"what": self._name, "error": type(error).__name__})
