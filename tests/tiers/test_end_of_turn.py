"""When a turn is over, by sound and words."""

from __future__ import annotations

import asyncio

import pytest
from livekit.agents.voice.turn import TurnDetectionEvent

from tiers.end_of_turn import NARROW_WAITS, PREDICTED_WITHIN_SECONDS, WAITS, EndOfTurn, _Stream

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
    detector = _heard("Add a task", "to buy milk")
    assert (detector.wait(SURE), detector.wait(NOT_SURE)) == (BROWSER.sure, BROWSER.unsure)


def test_a_yes_is_no_turn_while_an_ear_still_writes_what_came_after_it() -> None:
    assert _heard("Yes,", interim="but keep the second one").wait(SURE) == BROWSER.open
    detector = _heard("Yes.")
    detector.sounds(True)  # an ear that writes no interim words
    detector.sounds(False)
    assert detector.wait(SURE) == BROWSER.open
    detector.heard("But keep the second one.", final=True)
    assert detector.wait(SURE) == BROWSER.sure


class Sound:
    """livekit's stream, which says what it is told to."""

    def __init__(self, said: asyncio.Future[TurnDetectionEvent]) -> None:
        self.asked = 0
        self._said = said

    def predict(self) -> asyncio.Future[TurnDetectionEvent]:
        self.asked += 1
        return self._said

    def cancel_inference(self, *, timed_out: bool = False) -> None:
        pass


async def test_a_detector_that_fails_or_is_late_leaves_the_turn_to_words_and_waits(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("tiers.end_of_turn.PREDICTED_WITHIN_SECONDS", 0.05)
    loop = asyncio.get_running_loop()
    failing, late = loop.create_future(), loop.create_future()
    failing.set_exception(RuntimeError("no model"))
    for asked in (failing, late):
        sound = Sound(asked)
        answer = await asyncio.wait_for(_Stream(_heard("Buy milk."), sound).predict(), 2)
        assert (sound.asked, answer.end_of_turn_probability) == (1, 1.0)
    assert [record.message for record in caplog.records] == ["end_of_turn.failed"]


def test_the_next_turn_begins_without_words() -> None:
    detector = _heard("Add a task to buy milk")
    detector.forget()
    assert detector.wait(SURE) == BROWSER.open


def test_without_an_ear_the_sound_decides() -> None:
    detector = EndOfTurn(has_words=False)
    assert (detector.wait(SURE), detector.wait(NOT_SURE)) == (BROWSER.wordless_sure, BROWSER.wordless)


def _beside() -> EndOfTurn:
    detector = EndOfTurn(has_words=True, overheard=True)
    detector.sounds(True)
    detector.sounds(False)
    return detector


def test_an_ear_beside_a_model_holds_a_turn_open_by_its_words_and_ends_it_by_them() -> None:
    detector = _beside()
    detector.heard("Add a task to", final=True)
    assert detector.wait(SURE) == BROWSER.open
    detector.heard("buy milk.", final=True)
    assert detector.wait(SURE) == detector.wait(NOT_SURE) == BROWSER.beside


def test_an_answer_may_have_a_second_piece() -> None:
    detector = _beside()
    detector.is_asked = lambda: True
    detector.heard("Yes.", final=True)
    assert detector.wait(SURE) == BROWSER.answer > BROWSER.beside
    detector.waits = NARROW_WAITS
    assert detector.wait(SURE) == NARROW_WAITS.answer > NARROW_WAITS.beside


async def test_where_an_ear_beside_a_model_wrote_the_turn_how_it_sounds_is_not_waited_for() -> None:
    detector = _beside()
    detector.heard("Buy milk.", final=True)
    loop = asyncio.get_running_loop()
    sound = Sound(loop.create_future())
    began = loop.time()
    answer = await asyncio.wait_for(_Stream(detector, sound).predict(), 2)
    assert (sound.asked, answer.end_of_turn_probability) == (1, 1.0)
    assert loop.time() - began < 0.5 < PREDICTED_WITHIN_SECONDS


def test_where_an_ear_beside_a_model_writes_nothing_sound_decides_a_little_later() -> None:
    detector = _beside()
    assert (detector.wait(SURE), detector.wait(NOT_SURE)) == (BROWSER.unwritten, BROWSER.wordless)


def test_an_ear_beside_a_model_that_fails_leaves_the_turn_to_sound_at_once() -> None:
    detector = _beside()
    detector.heard("Add a task to", final=True)
    detector.fails()
    assert (detector.wait(SURE), detector.wait(NOT_SURE)) == (BROWSER.wordless_sure, BROWSER.wordless)


def test_late_words_of_a_turn_that_is_over_are_none_of_the_next_one() -> None:
    detector = _beside()
    detector.forget()
    detector.heard("to buy and", final=True)
    detector.sounds(True)
    detector.sounds(False)
    assert detector.wait(SURE) == BROWSER.unwritten
    detector.heard("Buy milk.", final=True)
    assert detector.wait(SURE) == BROWSER.beside


def test_what_is_short_and_over_our_voice_is_not_waited_for() -> None:
    detector = EndOfTurn(has_words=False)
    detector.sounds(True)
    assert detector.wait(NOT_SURE) == BROWSER.wordless
    detector.sounds(False, aside=True)
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
