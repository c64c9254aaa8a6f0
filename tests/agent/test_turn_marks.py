"""The moments of a turn are those of the answer that is heard."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from agent.turn_marks import TurnMarks

pytestmark = pytest.mark.unit


def _told(caplog: pytest.LogCaptureFixture) -> dict[str, float]:
    (record,) = [each for each in caplog.records if each.message == "turn.timed"]
    marks: dict[str, float] = vars(record)["marks"]
    return marks


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    now = [100.0]

    def tick() -> float:
        now[0] += 1
        return now[0]

    monkeypatch.setattr("agent.turn_marks.time.time", tick)
    return tick


@pytest.mark.usefixtures("clock")
def test_a_model_that_speaks_itself_begins_each_answer_after_its_turn(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "agent.turn_marks")
    marks = TurnMarks("call")
    marks.mark("sound")  # of an answer that was broken off before it was heard
    marks.mark("ended", again=True)
    marks.mark("sound")
    marks.playing()
    told = _told(caplog)
    assert told["ended"] < told["sound"] < told["playing"]


@pytest.mark.usefixtures("clock")
def test_a_cascade_may_have_its_sound_before_the_turn_is_over(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "agent.turn_marks")
    marks = TurnMarks("call")
    marks.mark("asked", again=True)
    marks.mark("thought")
    marks.mark("sound")
    marks.mark("ended", again=True)
    marks.playing()
    told = _told(caplog)
    assert told["asked"] < told["sound"] < told["ended"]


@pytest.mark.usefixtures("clock")
def test_an_opening_is_told_of_the_answer_that_is_heard_alone(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "agent.turn_marks")
    marks = TurnMarks("call")
    marks.mark("asked", again=True)
    marks.opening(0.5)
    marks.mark("ended", again=True)
    marks.mark("asked", again=True)  # more words came: what was begun on the first ones is given up
    marks.mark("sound")
    marks.playing()
    assert "opened" not in _told(caplog)
    caplog.clear()
    marks.mark("asked", again=True)
    marks.opening(0.5)
    marks.mark("ended", again=True)
    marks.playing()
    told = _told(caplog)
    assert told["opened"] == told["playing"] + 0.5
