"""A bounded wait, and an event loop that stood still meanwhile."""

from __future__ import annotations

import asyncio
import time

import pytest

from routing import patience
from routing.patience import within

pytestmark = pytest.mark.unit


def _now() -> float:
    return asyncio.get_running_loop().time()


async def test_what_is_over_in_time_is_not_disturbed_afterwards() -> None:
    async with within(_now() + 0.05):
        pass
    await asyncio.sleep(0.1)


async def test_silence_is_a_timeout_when_the_wait_is_over() -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        async with within(_now() + 0.05):
            await asyncio.sleep(60)
    assert time.monotonic() - began < 30


async def test_a_wait_that_is_over_before_it_begins_is_a_timeout() -> None:
    with pytest.raises(TimeoutError):
        async with within(_now()):
            await asyncio.sleep(60)


async def test_an_answer_that_came_while_the_loop_stood_still_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patience, "AGAIN_SECONDS", 30.0)
    asyncio.get_running_loop().call_soon(time.sleep, 0.3)
    async with within(_now() + 0.05):
        for _ in range(10):  # it takes more than one turn of the loop to be read
            await asyncio.sleep(0)


async def test_a_silence_in_which_the_loop_stood_still_is_a_timeout_a_little_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patience, "AGAIN_SECONDS", 0.4)
    began = time.monotonic()
    asyncio.get_running_loop().call_soon(time.sleep, 0.3)
    with pytest.raises(TimeoutError):
        async with within(_now() + 0.05):
            await asyncio.sleep(60)
    assert 0.7 <= time.monotonic() - began < 30


async def test_who_is_cancelled_meanwhile_is_not_told_of_a_timeout() -> None:
    async def wait() -> None:
        async with within(_now() + 60):
            await asyncio.sleep(60)

    waiting = asyncio.create_task(wait())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
