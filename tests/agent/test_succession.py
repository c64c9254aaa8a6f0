"""What becomes of the parts that others have replaced."""

from __future__ import annotations

import asyncio

import pytest

from agent import succession
from agent.succession import close_when_unused

pytestmark = pytest.mark.unit


class Parts:
    """A voice that somebody may still speak with."""

    def __init__(self) -> None:
        self.used = True
        self.closed = asyncio.Event()

    async def aclose(self) -> None:
        self.closed.set()


async def test_a_voice_that_was_replaced_is_closed_when_its_sentence_is_over() -> None:
    parts = Parts()
    asked = asyncio.Event()

    def is_used() -> bool:
        asked.set()
        return parts.used

    closing = asyncio.create_task(close_when_unused(parts.aclose, is_used))
    await asked.wait()
    asked.clear()
    await asyncio.wait_for(asked.wait(), 5)  # it looks again
    assert not parts.closed.is_set()
    parts.used = False
    await asyncio.wait_for(closing, 5)
    assert parts.closed.is_set()


async def test_one_that_is_never_done_is_closed_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(succession, "LOOKS", 1)
    parts = Parts()
    await asyncio.wait_for(close_when_unused(parts.aclose, lambda: True), 5)
    assert parts.closed.is_set()
