"""Keeps the processes of the demo alive: starts, watches, restarts within bounds, ends in reverse order."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cli.health import Probe
from cli.log_files import keep_previous, last_line, log_path, open_log
from cli.process_group import Guardian, ProcessGroup
from cli.services import Service

RESTARTS = 3
WINDOW_SECONDS = 60.0
POLL_SECONDS = 0.1
PROGRESS_SECONDS = 2.0

Tell = Callable[[str], None]
"""Where sentences for people go."""


class ProcessFailedError(RuntimeError):
    """A process ended more often than the supervisor restarts it. The message names it, its log and last line."""


class Supervisor:
    """Owns the processes from `start` to `stop`.

    A process that ends by itself is named in a message and started again, at most RESTARTS times in
    WINDOW_SECONDS; one more end and `failed` raises ProcessFailedError. The other processes go on.
    """

    def __init__(
        self,
        *,
        environment: Mapping[str, str],
        folder: Path,
        log_dir: Path,
        tell: Tell,
        restarted: Callable[[], object] = lambda: None,
    ) -> None:
        self._environment = environment
        self._folder = folder
        self._log_dir = log_dir
        self._tell = tell
        self._restarted = restarted
        self._guardian = Guardian()
        self._running: dict[str, ProcessGroup] = {}
        self._services: dict[str, Service] = {}
        self._watches: dict[str, asyncio.Task[None]] = {}
        self._order: list[str] = []
        self._waited_for: set[str] = set()
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._stop_asked = asyncio.Event()
        self._hurry = asyncio.Event()

    @property
    def pids(self) -> dict[str, int]:
        """Name of each running process and its id, which changes with a restart."""
        return {name: group.pid for name, group in self._running.items()}

    async def open(self, services: Sequence[Service]) -> None:
        """Start the guardian, before any process. `services` is the order whose reverse they end in."""
        self._order = [service.name for service in services]
        await self._guardian.start()

    async def start(self, service: Service) -> None:
        """Start one process and watch it from now on. Raises OSError when the command cannot be started."""
        self._services[service.name] = service
        keep_previous(self._log_dir, service.name)
        group = await self._spawn(service)
        self._watches[service.name] = asyncio.create_task(
            self._watch(service, group), name=f"watch {service.name}"
        )

    async def healthy(self, service: Service) -> None:
        """Wait until the process can serve, telling every few seconds what it waits for."""
        await self.wait_for(service.name, service.probe)

    async def wait_for(self, name: str, probe: Probe) -> None:
        """Ask `probe` until it answers None; cancel the wait to give up."""
        if name in self._waited_for:  # one voice about each is enough
            return
        self._waited_for.add(name)
        try:
            await self._wait_for(name, probe)
        finally:
            self._waited_for.discard(name)

    async def _wait_for(self, name: str, probe: Probe) -> None:
        began = told = time.monotonic()
        while True:
            missing = await probe()
            if missing is None:
                self._tell(f"{name}: ready after {time.monotonic() - began:.1f} s")
                return
            if time.monotonic() - told >= PROGRESS_SECONDS:
                told = time.monotonic()
                self._tell(f"{name}: waiting, {told - began:.0f} s so far ({missing})")
            await asyncio.sleep(POLL_SECONDS)

    async def failed(self) -> None:
        """Never returns; raises ProcessFailedError once a process cannot be kept alive."""
        await asyncio.shield(self._failure)

    async def stop(self) -> None:
        """End every process, in the reverse of the order given to `open`; returns when none is left."""
        self._stop_asked.set()
        for name in reversed(self._order):
            group = self._running.get(name)
            if group is not None:
                await self._end(name, group)
        for watch in self._watches.values():
            watch.cancel()
        await asyncio.gather(*self._watches.values(), return_exceptions=True)
        for group in self._running.values():  # one that was just being restarted
            await group.end(0)
        await self._guardian.stop()
        if not self._failure.done():
            self._failure.cancel()
        elif not self._failure.cancelled():
            self._failure.exception()  # somebody has looked at it

    def hurry(self) -> None:
        """No more grace: destroy what is left, now."""
        self._stop_asked.set()
        self._hurry.set()
        for group in self._running.values():
            group.destroy()

    async def _spawn(self, service: Service) -> ProcessGroup:
        with open_log(self._log_dir, service.name) as log:
            group = await ProcessGroup.start(
                service.command,
                environment=self._environment,
                folder=self._folder,
                log=log,
                watcher=self._guardian,
            )
        self._running[service.name] = group
        return group

    async def _end(self, name: str, group: ProcessGroup) -> None:
        began = time.monotonic()
        grace = 0.0 if self._hurry.is_set() else self._services[name].grace_seconds
        ending = asyncio.create_task(group.end(grace), name=f"end {name}")
        while not ending.done():
            await asyncio.wait([ending], timeout=PROGRESS_SECONDS)
            if not ending.done():
                self._tell(f"{name}: still ending, {time.monotonic() - began:.0f} s")
        await ending
        self._running.pop(name, None)

    async def _watch(self, service: Service, group: ProcessGroup) -> None:
        ends: deque[float] = deque(maxlen=RESTARTS)
        while True:
            code = await group.wait()
            if self._stop_asked.is_set():
                return
            self._running.pop(service.name, None)
            story = self._story(service.name, code)
            now = time.monotonic()
            if len(ends) == RESTARTS and now - ends[0] < WINDOW_SECONDS:
                self._fail(f"{story}\nIt ended {RESTARTS + 1} times within {WINDOW_SECONDS:.0f} s: giving up")
                return
            ends.append(now)
            self._tell(f"{story}\n{service.name}: starting it again ({len(ends)} of {RESTARTS})")
            # A little longer each time: what it needs may be starting again too.
            await asyncio.sleep(0.25 * len(ends))
            if self._stop_asked.is_set():
                return
            try:
                group = await self._spawn(service)
            except OSError as error:
                self._fail(f"{service.name} cannot be started: {error}")
                return
            self._restarted()
            await self._healthy_or_ended(service, group)

    async def _healthy_or_ended(self, service: Service, group: ProcessGroup) -> None:
        waiting = asyncio.create_task(self.healthy(service), name=f"wait for {service.name}")
        ended = asyncio.create_task(group.wait(), name=f"end of {service.name}")
        try:
            await asyncio.wait([waiting, ended], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (waiting, ended):
                task.cancel()
            await asyncio.gather(waiting, ended, return_exceptions=True)

    def _story(self, name: str, code: int) -> str:
        line = last_line(self._log_dir, name)
        last = f", last line: {line}" if line else ", and its log is empty"
        return (
            f"{name} ended unasked with {_meaning(code)}{last}\n{name}: log {log_path(self._log_dir, name)}"
        )

    def _fail(self, message: str) -> None:
        if not self._failure.done():
            self._failure.set_exception(ProcessFailedError(message))


def _meaning(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"exit code {code} ({signal.Signals(-code).name})"
    except ValueError:
        return f"exit code {code}"
