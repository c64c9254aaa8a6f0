"""Work beside a call: what is broken off stays so."""

from __future__ import annotations

import asyncio
import logging

import pytest

from agent.background import Background

pytestmark = pytest.mark.unit


async def test_nothing_begins_behind_the_end() -> None:
    begun: list[str] = []

    async def work(name: str) -> None:
        begun.append(name)
        await asyncio.Event().wait()

    background = Background(logging.getLogger("tests.background"), "failed")
    background.spawn(work("first"), "first")
    await asyncio.sleep(0)
    await background.cancel()
    background.spawn(work("second"), "second")
    await asyncio.sleep(0)
    assert (begun, list(background)) == (["first"], [])
