"""Background work ends although a library forgets that it was cancelled."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from routing.ending import ended

pytestmark = pytest.mark.unit


async def test_work_that_loses_a_cancellation_is_cancelled_again() -> None:
    lost = asyncio.Event()

    async def forgetful() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        lost.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(forgetful())
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await ended(task)
    assert lost.is_set()
    assert task.cancelled()


async def test_how_work_ended_is_not_told() -> None:
    async def fails() -> None:
        raise RuntimeError

    task = asyncio.create_task(fails())
    await asyncio.sleep(0)
    await ended(task)
    await ended()
