"""When a turn is over, by sound and words."""

from __future__ import annotations

import asyncio

import pytest

from tiers.end_of_turn import WAITS, EndOfTurn

pytestmark = pytest.mark.unit

SURE, NOT_SURE = 0.9, 0.1
BROWSER = WAITS


def _heard(*finals: str, interim: str = "") -> EndOfTurn:
    detector = EndOfTurn(has_words=True)
    for text in finals:
        detector.heard(text, final=True)
    if interim:
        detector.heard(interim, final=False)
    return detector


def test_words_that_lead_on_are_waited_for_whatever_the_sound_says() -> None:
    assert _heard("Add a task to").wait(SURE) == BROWSER.open
    assert _heard("Add a task", "to").wait(SURE) == BROWSER.open


def test_whole_words_end_a_turn_at_once_when_it_sounds_so_and_soon_when_not() -> None:
    detector = _heard("Add a task", interim="to buy milk")
    assert (detector.wait(SURE), detector.wait(NOT_SURE)) == (BROWSER.sure, BROWSER.unsure)


def test_the_next_turn_begins_without_words() -> None:
    detector = _heard("Add a task to buy milk")
    detector.forget()
    assert detector.wait(SURE) == BROWSER.open


def test_without_an_ear_the_sound_decides() -> None:
    detector = EndOfTurn(has_words=False)
    assert (detector.wait(SURE), detector.wait(NOT_SURE)) == (BROWSER.wordless_sure, BROWSER.wordless)


def test_what_is_short_and_over_our_voice_is_not_waited_for() -> None:
    detector = EndOfTurn(has_words=False)
    detector.is_aside = True
    assert detector.wait(NOT_SURE) == BROWSER.wordless_sure


async def test_words_that_come_while_it_waits_shorten_the_wait() -> None:
    detector = _heard("Add a task to")
    loop = asyncio.get_running_loop()
    began = loop.time()
    waiting = asyncio.create_task(detector.until_over(SURE, began))
    await asyncio.sleep(0)
    detector.heard("buy milk", final=True)
    await waiting
    assert loop.time() - began < BROWSER.open - 0.3
