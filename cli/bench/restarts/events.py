"""What happens under live calls, one after the other."""

from __future__ import annotations

import contextlib
import os
import signal
from enum import StrEnum

import psutil

from cli.bench.restarts.services import Services, kill_all_of
from cli.bench.tasks.postgres import OwnPostgres


class Event(StrEnum):
    """What is ended."""

    DRAINED = "worker-drained"
    """The calls' worker is told to stop, as a deployment does it, while another one runs."""
    KILLED = "worker-killed"
    """The calls' worker dies with all its processes, while another one runs."""
    LIVEKIT = "livekit"
    REDIS = "redis"
    TASKS = "tasks"
    POSTGRES = "postgres"

    @property
    def moves(self) -> bool:
        """Whether every call has another agent afterwards."""
        return self in (Event.DRAINED, Event.KILLED)

    @property
    def cuts_lines(self) -> bool:
        """Whether our voice is gone for a while, and not only what stands behind it."""
        return self.moves or self is Event.LIVEKIT


class Events:
    """Lets them come. Calls are all served by one worker, the demo's at first, and go from one to the other together."""

    def __init__(
        self, services: Services, postgres: OwnPostgres | None, stack: contextlib.AsyncExitStack
    ) -> None:
        """What is started here ends with the stack."""
        self._services, self._postgres, self._stack = services, postgres, stack
        self._second: psutil.Process | None = None
        self._second_serves = False

    async def prepare(self, event: Event) -> None:
        """Have what an event needs before it comes: another worker. Raises NotBackError."""
        if event.moves:
            if self._second is None or not self._second.is_running():
                self._second = await self._stack.enter_async_context(self._services.second_worker())
            await self._services.workers(2)

    async def happen(self, event: Event) -> None:
        """Let it come; returns when what was ended serves again, or its successor does. Raises NotBackError."""
        match event:
            case Event.DRAINED:
                await self._worker(signal.SIGTERM)
            case Event.KILLED:
                await self._worker(signal.SIGKILL)
            case Event.POSTGRES:
                if self._postgres is not None:
                    await self._postgres.restart()
            case _:
                old = self._services.pid(event)
                os.kill(old, signal.SIGKILL)
                await self._services.serves_again(event, old)

    async def _worker(self, number: signal.Signals) -> None:
        old = self._services.pid("worker")
        serving = self._second if self._second_serves and self._second is not None else psutil.Process(old)
        if number is signal.SIGKILL:
            kill_all_of(serving)
        else:
            serving.send_signal(number)
        self._second_serves = not self._second_serves
        if serving.pid == old:  # the demo starts its own again
            await self._services.serves_again("worker", old)
