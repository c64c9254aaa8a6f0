"""Work that goes on beside whatever began it: what fails of it is written down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

from livekit.agents import utils

T = TypeVar("T")


class Background:
    """Pieces of work under way. `event`: what a failure is told as, with the work's name as `task`."""

    def __init__(self, log: logging.Logger, event: str) -> None:
        self._log = log
        self._event = event
        self._tasks: set[asyncio.Task[Any]] = set()
        self._is_broken_off = False

    def __iter__(self) -> Iterator[asyncio.Task[Any]]:
        """All that is under way."""
        return iter(self._tasks.copy())

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        """Begin a piece of work; nothing where all of it was broken off."""
        if self._is_broken_off:
            work.close()
        else:
            self.begin(work, name)

    def begin(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Begin a piece of work, and give it to whoever waits for what comes of it."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    async def finish(self, *, within: float | None = None) -> None:
        """Wait for all of it, for so many seconds at most."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within)

    async def cancel(self) -> None:
        """Break all of it off, for good."""
        self._is_broken_off = True
        await utils.aio.cancel_and_wait(*self._tasks)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._log.error(self._event, exc_info=error, extra={"task": task.get_name()})
