"""Work that goes on beside whatever began it: what fails of it is written down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterator
from typing import Any

from livekit.agents import utils


class Background:
    """Pieces of work under way. `event`: what a failure is told as, with the work's name as `task`."""

    def __init__(self, log: logging.Logger, event: str) -> None:
        self._log = log
        self._event = event
        self._tasks: set[asyncio.Task[Any]] = set()

    def __iter__(self) -> Iterator[asyncio.Task[Any]]:
        """All that is under way."""
        return iter(self._tasks.copy())

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        """Begin a piece of work."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    async def finish(self) -> None:
        """Wait for all of it."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def cancel(self) -> None:
        """Break all of it off."""
        await utils.aio.cancel_and_wait(*self._tasks)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._log.error(self._event, exc_info=error, extra={"task": task.get_name()})
