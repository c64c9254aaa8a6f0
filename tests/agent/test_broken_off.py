"""A greeting that a murmur breaks off asks all the same: its rest is said, by whoever serves then, and is followed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

import agent.broken_off
from agent.broken_off import BrokenOff
from agent.followed import Followed
from agent.heard import was_heard_within
from agent.owed import OwnLine
from agent.tier_session import TierSession
from routing.decision import Cause
from tests.agent.served_call import Served
from tests.agent.test_followed import LINE, Greeted, Session
from tiers.catalogue import STACKS
from tiers.settings import VendorSettings

pytestmark = pytest.mark.unit


class Greeting:
    """It is said, and the caller's voice breaks it off behind so many words."""

    def __init__(self) -> None:
        self.greeted, self.session, self.broken_off = Greeted(), Session(), BrokenOff()
        self.session.owed.on_broken_off = self.broken_off.cut

    async def is_broken_off(self, words: int = 20) -> str:
        """Gives the rest."""
        heard, rest = self.greeted.part(words)
        self.session.says(self.greeted.text, self.greeted.followed)
        await self.session.is_heard(heard, interrupted=True)
        return rest

    async def is_over(self) -> None:
        async with asyncio.timeout(5):
            while not self.greeted.is_over:
                await asyncio.sleep(0)


@pytest.fixture
async def greeting() -> Greeting:
    return Greeting()


async def test_what_it_asks_is_open_when_the_rest_was_heard_behind_a_murmur(greeting: Greeting) -> None:
    rest = await greeting.is_broken_off()
    assert not greeting.greeted.is_over, "nobody knows yet whether it was a murmur"
    line = greeting.broken_off.take()
    assert line.text == rest
    greeting.session.says(line.text, *line.followed)
    await greeting.session.is_heard(rest)
    await greeting.is_over()
    assert greeting.greeted.consent.open
    assert greeting.greeted.told


async def test_a_turn_that_breaks_it_off_leaves_nothing_open(greeting: Greeting) -> None:
    await greeting.is_broken_off()
    greeting.broken_off.judged()
    await greeting.is_over()
    assert not greeting.greeted.consent.open
    assert greeting.greeted.told, "the reminder was heard before it"


async def test_a_sound_of_which_no_turn_comes_is_not_waited_for_for_ever(
    greeting: Greeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent.broken_off, "JUDGED_SECONDS", 0.01)
    rest = await greeting.is_broken_off()
    await greeting.is_over()
    assert greeting.broken_off.text == rest, "a murmur that comes after all has it said"
    assert greeting.broken_off.take().followed == ()


async def test_whoever_hears_the_reminder_and_hangs_up_over_the_greeting_was_told(greeting: Greeting) -> None:
    followed = greeting.greeted.followed
    heard = asyncio.ensure_future(
        followed.wait_until(lambda: was_heard_within(followed, LINE, verbatim=True))
    )
    await greeting.is_broken_off()
    await asyncio.wait_for(heard, 5)
    assert not greeting.greeted.is_over
    greeting.broken_off.forget()
    await greeting.is_over()


@pytest.fixture
def vendors(monkeypatch: pytest.MonkeyPatch) -> VendorSettings:
    for vendor in ("DEEPGRAM", "OPENAI", "CARTESIA"):
        monkeypatch.setenv(f"{vendor}_API_KEY", "k")
    return VendorSettings()


def made(vendors: VendorSettings) -> TierSession:
    return TierSession(
        STACKS["economy"], vendors, call_id="c1", today=date(2026, 11, 25), on_usage=lambda _: None
    )


async def test_a_successor_that_hears_the_murmur_says_the_rest_with_whoever_follows_it(
    vendors: VendorSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new, followed = made(vendors), made(vendors), Followed()
    said: list[tuple[str, Sequence[Followed]]] = []

    def say(text: str, *, followed: Sequence[Followed] = ()) -> Any:
        said.append((text, followed))

    monkeypatch.setattr(new, "say", say)
    old.owed.on_broken_off(OwnLine("May I keep a transcript?", (followed,)))
    assert old.is_broken_off
    left = await old.leave()
    new.was_broken_off(left.broken_off)
    assert new.go_on()
    assert said == [("May I keep a transcript?", (followed,))]
    assert not new.go_on(), "once"
    await asyncio.gather(old.aclose(), new.aclose())


async def test_a_swap_hands_on_what_was_broken_off() -> None:
    served, line = Served(), OwnLine("May I keep a transcript?")
    await served.begin()
    served.sessions[0].broken_off = line
    successor = await served.moves(Cause.VENDOR)
    await served.is_served_by(successor)
    assert successor.broken_off == line
    await served.serving.aclose()
