"""«Mhm» and «yeah» over our voice: we go on, and who wants something else is let in all the same."""

from __future__ import annotations

import logging
from pathlib import Path
from uuid import uuid4

import pytest
import yaml

from agent.murmurs import is_murmur
from tests.agent.live_call import LiveCall, live_call, timed_turns

PHRASES = yaml.safe_load(Path(__file__).with_name("murmurs.yaml").read_text(encoding="utf-8"))
TITLES = ("paint the fence", "measure the kitchen", "inspect the cellar", "repair the balcony door")


@pytest.mark.unit
@pytest.mark.parametrize("text", PHRASES["murmurs"])
def test_a_listeners_words_are_a_murmur(text: str) -> None:
    assert is_murmur(text)


@pytest.mark.unit
@pytest.mark.parametrize("text", PHRASES["requests"])
def test_whoever_wants_something_does_not_murmur(text: str) -> None:
    assert not is_murmur(text)


async def hears_the_list(live: LiveCall) -> int:
    """Have tasks and hear them read out from here on; gives how many items the conversation had before."""
    for title in TITLES:
        await live.client.call("create_task", {"title": title})
    before = len(live.items)
    await live.say("What is on my list?")
    await live.heard()
    return before


async def hears_the_list_through(live: LiveCall, *murmurs: str) -> None:
    """Hear the list to its end with these words over it, of which none is a turn."""
    before = await hears_the_list(live)
    for murmur in murmurs:
        await live.say(murmur)
        if not live.is_heard:
            assert await live.heard(3.0) < 1.3, f"we went on after {murmur}"
    await live.quiet()
    said = live.ours(before)
    assert all(title in said for title in TITLES), said
    assert live.call.turn == 1, "no murmur is a turn"


@pytest.mark.system
@pytest.mark.timeout(120)
async def test_murmurs_are_spoken_through_a_wait_is_not_and_a_yeah_answers_a_question(port: int) -> None:
    async with live_call(port, f"usr_{uuid4().hex[:12]}", plan="economy", pauses=True) as live:
        await hears_the_list_through(live, "Mhm", "Yeah", "Thank you")

        await live.say("What is on my list?")
        await live.heard()
        await live.say("Wait, stop, stop")
        await live.until(lambda: not live.is_heard, 0.5, "we are silent")
        await live.heard()
        await live.quiet()

        assert "Shall I delete" in await live.turn("Delete paint the fence")
        await live.turn("Yeah")
        assert await live.titles() == sorted(set(TITLES) - {"paint the fence"})


@pytest.mark.system
@pytest.mark.timeout(90)
async def test_the_answer_to_words_over_ours_is_begun_before_their_turn_is_over(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "agent.turn_marks")

    async with live_call(port, f"usr_{uuid4().hex[:12]}", plan="economy", pauses=True) as live:
        await hears_the_list(live)
        await live.say("Do you know any good jokes?")
        await live.until(lambda: len(timed_turns(caplog)) == 2, 20, "the turn is answered")
    marks = timed_turns(caplog)[1]
    assert marks["asked"] < marks["ended"]


@pytest.mark.system
@pytest.mark.timeout(90)
async def test_speech_to_speech_goes_on_after_a_murmur_without_waiting_out_its_vendors_patience(
    port: int,
) -> None:
    async with live_call(port, f"usr_{uuid4().hex[:12]}", plan="premium", pauses=True) as live:
        before = await hears_the_list(live)
        await live.until(lambda: live.serving.session.owed.whole, 10, "all that is to be said is known")
        await live.say("Mhm")
        await live.until(lambda: not live.is_heard, 2, "we are silent")
        assert await live.heard(5.0) < 2.5
        await live.quiet()
        said = live.ours(before)
        assert all(title in said for title in TITLES), said
