"""The last words of a call reach the caller's ear before anybody leaves."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from agent.followed import Followed
from agent.last_words import LONGEST_SECONDS, WAY_SECONDS, say_last
from agent.tier_session import TierSession
from tests.agent.virtual_time import VirtualLoop

pytestmark = pytest.mark.unit

PLAYED_SECONDS = 0.8
WAY_TO_A_TELEPHONE_SECONDS = 0.2
"""A bridge's and a telephone's buffers."""


class Session:
    """Says a line in a while, or as much of it as it comes to."""

    def __init__(self, *, is_left: bool = False) -> None:
        self.is_left = is_left
        self.said: list[str] = []
        self.followed: tuple[Followed, ...] = ()

    def say(self, line: str, *, followed: tuple[Followed, ...]) -> None:
        self.said.append(line)
        self.followed = followed
        if not self.is_left:
            asyncio.get_running_loop().call_later(PLAYED_SECONDS, followed[0].ended)


def test_whoever_says_them_stays_until_their_sound_has_arrived(loop: VirtualLoop) -> None:
    session = Session()
    loop.run_until_complete(say_last(cast("TierSession", session), "Goodbye."))
    assert session.said == ["Goodbye."]
    assert loop.time() == pytest.approx(PLAYED_SECONDS + WAY_SECONDS)
    assert loop.time() - PLAYED_SECONDS >= WAY_TO_A_TELEPHONE_SECONDS


def test_what_a_swap_has_cut_off_is_over_when_the_successor_has_said_the_rest(loop: VirtualLoop) -> None:
    session, successor = Session(is_left=True), Session()

    async def swapped() -> None:
        saying = asyncio.create_task(say_last(cast("TierSession", session), "I cannot reach your tasks."))
        await asyncio.sleep(3.0)
        assert not saying.done()
        successor.say("your tasks.", followed=session.followed)
        await saying

    loop.run_until_complete(swapped())
    assert loop.time() == pytest.approx(3.0 + PLAYED_SECONDS + WAY_SECONDS)


def test_a_call_that_nobody_is_left_to_speak_in_ends_all_the_same(loop: VirtualLoop) -> None:
    loop.run_until_complete(say_last(cast("TierSession", Session(is_left=True)), "Goodbye."))
    assert loop.time() == pytest.approx(LONGEST_SECONDS + WAY_SECONDS)
