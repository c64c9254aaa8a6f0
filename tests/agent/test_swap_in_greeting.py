"""A vendor that dies in the greeting: what the greeting asks is asked by its successor, and answered to it."""

from __future__ import annotations

from typing import Any, cast
from uuid import uuid4

import pytest

from agent.persona import GOING_ON, TRANSCRIPT_ON
from agent.reminder import Opening
from tests.agent.live_call import live_call
from tests.agent.test_phone_manners import cut_off

pytestmark = pytest.mark.system

LINE = "You asked me to call you about this: call mum."


class Undecided:
    """A transcript that the caller has not been asked about; what they allowed is noted."""

    days = 30

    def __init__(self) -> None:
        self.consent: bool | None = None

    def said(self, *_: Any) -> None: ...

    async def allow(self, given: bool) -> bool:
        self.consent = given
        return True


@pytest.mark.parametrize("why", ["dies", "switched off"])
async def test_what_a_greeting_asks_and_tells_counts_when_the_successor_has_said_the_rest(
    port: int, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.pauses.TOLD_SECONDS", 0.5)  # a greeting is soon over
    transcript, told = Undecided(), []

    async def heard() -> None:
        told.append(LINE)

    async with live_call(port, f"ann-{uuid4().hex}", channel="phone", greet=False) as live:
        live.call._consent._transcript = cast("Any", transcript)
        live.call.greeting.opening = Opening(LINE, heard)
        await live.until(lambda: live.is_heard, 20, "the greeting is heard")
        if why == "dies":
            live.desk.faults.set("openai-realtime", "cut")
        else:
            live.switch.admin(tiers_off=("premium",))
        await live.until(lambda: live.stack == "economy", 10, "economy serves")
        await live.quiet()
        assert len([item for item in live.items if item.role == "assistant"]) == 2, "it was cut in two"
        assert live.call._consent.open
        assert told == [LINE]
        before = len(live.items)
        await live.turn("Yes.")
        assert transcript.consent is True
        assert TRANSCRIPT_ON.format(days=30) in live.ours(before)


async def test_a_call_that_was_cut_off_goes_on_after_a_yes_to_a_question_in_two_voices(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", channel="phone", goes_on=cut_off(), greet=False) as live:
        await live.until(lambda: live.is_heard, 20, "it is asked")
        live.desk.faults.set("openai-realtime", "cut")
        await live.until(lambda: live.stack == "economy", 10, "economy serves")
        await live.quiet()
        assert live.call.greeting.go_on.open
        assert GOING_ON in await live.turn("Yes")
