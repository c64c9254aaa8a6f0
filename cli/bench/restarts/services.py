"""What is ended under the calls: the demo's processes, and a second worker beside it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import psutil
from redis.asyncio import Redis
from redis.exceptions import RedisError

from cli.bench.ending import end
from cli.health import Probe, http_probe, redis_probe
from cli.ports import HOST
from cli.settings import CHECKOUT
from routing.workers import LiveWorkers

READY_SECONDS: Final = 180.0
LOOK_SECONDS: Final = 0.05
END_SECONDS: Final = 20.0


class NotBackError(RuntimeError):
    """What was ended does not serve again; the message names it."""


class Services:
    """The processes of a demo with this data folder."""

    def __init__(self, folder: Path, ports: dict[str, int]) -> None:
        self._folder = folder
        self._ports = ports

    def pid(self, name: str) -> int:
        """The present process of a part."""
        told: dict[str, Any] = json.loads((self._folder / "demo.json").read_text(encoding="utf-8"))
        return int(told["pids"].get(name, 0))

    async def serves_again(self, name: str, old: int) -> None:
        """Wait until another process than the old one serves. Raises NotBackError."""
        probe = self._probe(name)
        try:
            async with asyncio.timeout(READY_SECONDS):
                while self.pid(name) in (0, old) or await probe() is not None:  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            raise NotBackError(f"{name} did not serve again within {READY_SECONDS:.0f} s") from None

    async def workers(self, count: int) -> None:
        """Wait until so many workers say that they take calls. Raises NotBackError."""
        try:
            async with (
                asyncio.timeout(READY_SECONDS),
                Redis(host=HOST, port=self._ports["redis"]) as redis,
            ):
                while await _count(redis) < count:  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            raise NotBackError(f"there were not {count} workers within {READY_SECONDS:.0f} s") from None

    @contextlib.asynccontextmanager
    async def second_worker(self) -> AsyncIterator[psutil.Process]:
        """A worker beside the demo's own, as another machine would be one. Raises NotBackError."""
        environment = psutil.Process(self.pid("worker")).environ() | {"VOICETASKS_AGENT_PORT": "0"}
        with (self._folder / "logs" / "second-worker.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "agent"),
                cwd=CHECKOUT,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            await self.workers(2)
            yield psutil.Process(process.pid)
        finally:
            await end(process, within=END_SECONDS)

    def _probe(self, name: str) -> Probe:
        match name:
            case "redis":
                return redis_probe(f"redis://{HOST}:{self._ports['redis']}/0")
            case "livekit":
                return http_probe(f"http://{HOST}:{self._ports['livekit']}/")
            case "worker":
                return http_probe(f"http://{HOST}:{self._ports['worker']}/")
            case _:
                return http_probe(f"http://{HOST}:{self._ports[name]}/healthz")


def kill_all_of(process: psutil.Process) -> None:
    """As a machine dies: at once, and all of it."""
    with contextlib.suppress(psutil.Error):
        for one in [process, *process.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                one.kill()


async def _count(redis: Redis) -> int:
    try:
        return len(await LiveWorkers(redis).alive())
    except RedisError:
        return 0
