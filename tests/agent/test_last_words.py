"""The last words of a call reach the caller's ear before anybody leaves."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from agent.last_words import WAY_SECONDS, say_last
from agent.tier_session import TierSession
from tests.agent.virtual_time import VirtualLoop

pytestmark = pytest.mark.unit

PLAYED_SECONDS = 0.8


class Session:
    """Says a line in a while."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, line: str) -> Any:
        self.said.append(line)
        return self

    async def wait_for_playout(self) -> None:
        await asyncio.sleep(PLAYED_SECONDS)


def test_whoever_says_them_stays_until_their_sound_has_arrived(loop: VirtualLoop) -> None:
    session = Session()
    loop.run_until_complete(say_last(cast("TierSession", session), "Goodbye."))
    assert session.said == ["Goodbye."]
    assert loop.time() == pytest.approx(PLAYED_SECONDS + WAY_SECONDS)
    assert WAY_SECONDS >= 0.2  # a bridge's and a telephone's buffers
