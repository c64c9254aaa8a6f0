"""What was replayed in a burst is one turn, however the ear cuts it."""

from __future__ import annotations

import asyncio

import pytest

from agent import replayed
from agent.replayed import PHASE_SECONDS, REST_SECONDS, Replayed

pytestmark = pytest.mark.unit


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_a_turn_behind_which_words_come_is_the_beginning_of_the_next() -> None:
    turns = Replayed()
    turns.begins()
    first = asyncio.create_task(turns.whole("Please add a task to"))
    await asyncio.sleep(0)
    turns.hears()
    assert await first is None
    assert await turns.whole("paint the fence.") == "Please add a task to paint the fence."


async def test_a_turn_behind_which_nothing_comes_is_whole() -> None:
    turns = Replayed()
    turns.begins()
    turns.hears()  # of itself
    assert await turns.whole("What's on my list?") == "What's on my list?"


@pytest.mark.parametrize("beginning", ["Please add a task to", "Please add a task to."])
async def test_a_word_that_leads_on_is_waited_behind_for_longer(beginning: str) -> None:
    turns = Replayed()
    turns.begins()
    first = asyncio.create_task(turns.whole(beginning))
    await asyncio.sleep(2 * REST_SECONDS)
    assert not first.done()
    turns.hears()
    assert await first is None
    assert await turns.whole("paint the fence.") == f"{beginning} paint the fence."


async def test_a_word_that_leads_on_to_nothing_is_a_turn_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replayed, "LED_ON_SECONDS", 0.1)
    turns = Replayed()
    turns.begins()
    assert await asyncio.wait_for(turns.whole("What are they for"), 10) == "What are they for"


async def test_speech_whose_words_were_written_already_is_no_more_of_a_turn() -> None:
    turns = Replayed()
    turns.begins()
    whole = asyncio.create_task(turns.whole("What's on my list?"))
    await asyncio.sleep(0)
    turns.sounds(True)  # the detector is later than the ear
    await asyncio.sleep(0)
    turns.sounds(False)
    assert await asyncio.wait_for(whole, 2) == "What's on my list?"


async def test_speech_that_brings_words_is_more_of_a_turn() -> None:
    turns = Replayed()
    turns.begins()
    first = asyncio.create_task(turns.whole("Please add a task to"))
    await asyncio.sleep(0)
    turns.sounds(True)
    await asyncio.sleep(REST_SECONDS + 0.1)
    assert not first.done()
    turns.hears()
    assert await first is None
    assert await turns.whole("paint the fence.") == "Please add a task to paint the fence."


async def test_what_began_to_be_heard_in_a_burst_is_heard_to_its_end() -> None:
    clock = Clock()
    turns = Replayed(clock)
    turns.begins()
    first = asyncio.create_task(turns.whole("Please add a task to"))
    await asyncio.sleep(0)
    clock.now += PHASE_SECONDS - 0.5
    turns.hears()
    assert await first is None
    clock.now += 1.0
    assert await turns.whole("paint the fence.") == "Please add a task to paint the fence."


async def test_outside_of_a_burst_nothing_is_waited_for_or_kept() -> None:
    clock = Clock()
    turns = Replayed(clock)
    assert await asyncio.wait_for(turns.whole("Delete it."), 0.1) == "Delete it."
    turns.begins()
    first = asyncio.create_task(turns.whole("Please add a task to"))
    await asyncio.sleep(0)
    turns.hears()
    assert await first is None
    clock.now += PHASE_SECONDS + 0.1
    assert await asyncio.wait_for(turns.whole("Delete it."), 0.1) == "Delete it."
