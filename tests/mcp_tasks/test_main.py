"""The process around the server: what it does by itself, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime
from typing import cast

import pytest

from mcp_tasks import __main__ as main
from mcp_tasks.store import TaskStore

pytestmark = pytest.mark.unit


async def test_a_database_that_is_away_ends_the_forgetting_no_more_than_one_that_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(main, "FORGET_EVERY_SECONDS", 0)
    forgot = asyncio.Event()

    class Store:
        tries = 0

        async def forget(self, _: datetime) -> None:
            self.tries += 1
            if self.tries == 1:
                raise ConnectionRefusedError("Postgres is away")
            forgot.set()

    forgetting = asyncio.create_task(main._forget(cast("TaskStore", Store())))
    async with asyncio.timeout(10):
        await asyncio.wait(
            [forgetting, waiting := asyncio.create_task(forgot.wait())], return_when="FIRST_COMPLETED"
        )
    waiting.cancel()
    assert forgot.is_set()
    forgetting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await forgetting
