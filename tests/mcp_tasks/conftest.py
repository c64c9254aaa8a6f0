"""Fixtures of the task server's tests: a store, tokens, and a server process."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from mcp_tasks.database import create_engine
from mcp_tasks.migrate import migrate
from mcp_tasks.store import TaskStore

SECRET = "a secret of the tests, long enough for HS256"
START_SECONDS = 60


def make_token(
    subject: str = "ann", zone: str | None = "America/Los_Angeles", *, secret: str = SECRET, **claims: Any
) -> str:
    now = int(time.time())
    payload: dict[str, Any] = {"aud": "voicetasks-tasks", "sub": subject, "iat": now, "exp": now + 600}
    if zone is not None:
        payload["zoneinfo"] = zone
    payload |= claims
    return jwt.encode({key: value for key, value in payload.items() if value is not None}, secret, "HS256")


@pytest.fixture
def token() -> Callable[..., str]:
    return make_token


@pytest.fixture
def provider() -> Callable[[str], Callable[[], Awaitable[str]]]:
    def of(subject: str) -> Callable[[], Awaitable[str]]:
        async def provide() -> str:
            return make_token(subject)

        return provide

    return of


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[TaskStore]:
    url = f"sqlite:///{tmp_path / 'deeper' / 'tasks.db'}"
    await migrate(url)
    store = TaskStore(create_engine(url))
    yield store
    await store.close()


@dataclass
class ServerProcess:
    """`python -m mcp_tasks` on a port of its own, that can be stopped and started again."""

    port: int
    environment: dict[str, str]
    log: Path
    process: asyncio.subprocess.Process | None = None
    exit_codes: list[int] = field(default_factory=list)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.base}/mcp"

    async def start(self, *, wait: bool = True) -> None:
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "mcp_tasks", env=self.environment, stdout=log, stderr=log
            )
        if wait:
            await self.wait_until_ready()

    async def wait_until_ready(self) -> None:
        assert self.process is not None
        async with asyncio.timeout(START_SECONDS), httpx.AsyncClient() as http:
            while True:
                assert self.process.returncode is None, self.log.read_text()
                with contextlib.suppress(httpx.TransportError):
                    if (await http.get(f"{self.base}/readyz")).status_code == 200:
                        return
                await asyncio.sleep(0.05)

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(how)
        async with asyncio.timeout(20):
            code = await self.process.wait()
        self.process = None
        return code


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("VOICETASKS_")},
        "VOICETASKS_TASKS_TOKEN_SECRET": SECRET,
        "VOICETASKS_TASKS_DATABASE_URL": f"sqlite:///{tmp_path / 'tasks.db'}",
    }


@pytest.fixture
async def server(environment: dict[str, str], tmp_path: Path) -> AsyncIterator[ServerProcess]:
    port = free_port()
    one = ServerProcess(port, environment | {"VOICETASKS_TASKS_PORT": str(port)}, tmp_path / "server.log")
    await one.start()
    yield one
    if one.process is not None:
        await one.stop(signal.SIGKILL)
