"""What tests of the tools share: one task server for a file's tests, a user for each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest

from tests.agent.rig import Rig, rig
from tests.mcp_tasks.conftest import running


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The product's task server, a process of its own."""
    for server in running(tmp_path_factory.mktemp("tasks")):
        yield server.port


@pytest.fixture
async def ann(port: int) -> AsyncIterator[Rig]:
    """A caller nobody else is."""
    async with rig(port, f"ann-{uuid4().hex}") as made:
        yield made
