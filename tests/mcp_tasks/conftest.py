"""Fixtures of the task server's tests: a store, tokens, and a server process."""

import contextlib
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
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
def provider(user: str) -> Callable[[], Awaitable[str]]:
    async def provide() -> str:
        return make_token(user)

    return provide


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

    environment: dict[str, str]
    folder: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.port = self.port or free_port()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.base}/mcp"

    @property
    def database(self) -> Path:
        return self.folder / "tasks.db"

    @property
    def log(self) -> str:
        return (self.folder / "server.log").read_text()

    def spawn(self) -> subprocess.Popen[bytes]:
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mcp_tasks"],
                env=self.environment | {"VOICETASKS_TASKS_PORT": str(self.port)},
                stdout=log,
                stderr=log,
            )
        return self.process

    def start(self) -> None:
        process = self.spawn()
        deadline = time.monotonic() + START_SECONDS
        with httpx.Client() as http:
            while time.monotonic() < deadline:
                assert process.poll() is None, self.log
                with contextlib.suppress(httpx.TransportError):
                    if http.get(f"{self.base}/readyz").status_code == 200:
                        return
                time.sleep(0.05)
        raise AssertionError(f"not ready in time: {self.log}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(timeout=20)

    def rows(self, owner: str) -> int:
        with contextlib.closing(sqlite3.connect(self.database)) as database:
            query = "SELECT count(*) FROM tasks WHERE owner = ?"
            count: int = database.execute(query, (owner,)).fetchone()[0]
        return count

    @contextlib.contextmanager
    def held_up(self) -> Iterator[None]:
        """Hold the database's write lock, so that a write that is sent stays under way."""
        with contextlib.closing(sqlite3.connect(self.database, isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            yield
            database.execute("ROLLBACK")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment_in(folder: Path) -> dict[str, str]:
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("VOICETASKS_")},
        "VOICETASKS_TASKS_TOKEN_SECRET": SECRET,
        "VOICETASKS_TASKS_DATABASE_URL": f"sqlite:///{folder / 'tasks.db'}",
    }


def running(folder: Path) -> Iterator[ServerProcess]:
    one = ServerProcess(environment_in(folder), folder)
    one.start()
    yield one
    if one.process is not None and one.process.poll() is None:
        one.stop(signal.SIGKILL)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for all tests; each uses users of its own."""
    yield from running(tmp_path_factory.mktemp("server"))


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that the test may stop."""
    yield from running(tmp_path)


@pytest.fixture
def spare_server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that has not been started."""
    one = ServerProcess(environment_in(tmp_path), tmp_path)
    yield one
    if one.process is not None and one.process.poll() is None:
        one.stop(signal.SIGKILL)


@pytest.fixture
def user(request: pytest.FixtureRequest) -> str:
    """A user of this test's own."""
    return re.sub(r"\W+", "-", request.node.name)[:150]
