"""Where an instruction wants it, each answer begins with one of its short sentences, and the conversation is understood as
if they were not there.
"""

from __future__ import annotations

from typing import Any

import pytest

from agent.openings import INSTRUCTION, OPENINGS
from sandbox.brain import reply

pytestmark = pytest.mark.unit

TOLD = {"role": "system", "content": f"You are a task assistant.\n\n{INSTRUCTION}"}


def _said(*messages: dict[str, Any]) -> str:
    return reply(list(messages), tools=[]).text or ""


def _user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def test_an_answer_begins_with_an_opening_only_where_it_was_asked_for() -> None:
    bare = _said(_user("What can you do?"))
    told = _said(TOLD, _user("What can you do?"))
    assert not bare.startswith(OPENINGS)
    assert [told == f"{each} {bare}" for each in OPENINGS].count(True) == 1


@pytest.mark.parametrize(
    ("words", "opening"),
    [("Purple monkey dishwasher", "Sorry."), ("What is the weather?", "Sorry."), ("Never mind", "Okay.")],
)
def test_the_opening_fits_what_is_said(words: str, opening: str) -> None:
    assert _said(TOLD, _user(words)).startswith(f"{opening} ")


def test_a_goodbye_has_none() -> None:
    assert _said(TOLD, _user("Goodbye")) == _said(_user("Goodbye"))


def test_what_was_said_with_an_opening_is_repeated_as_without() -> None:
    asked = [_user("What can you do?")]
    told = _said(TOLD, *asked)
    again = _said(TOLD, *asked, {"role": "assistant", "content": told}, _user("Say that again"))
    assert _said(*asked) in again
    assert sum(again.count(each) for each in OPENINGS) == 1


def test_an_answer_that_was_cut_off_goes_on_without_another() -> None:
    asked = [TOLD, _user("What can you do?")]
    told = _said(*asked)
    heard = " ".join(told.split()[:5])
    order = f"The answer was cut off: the caller heard only this much of it: «{heard}». Go on."
    rest = _said(*asked, {"role": "system", "content": order})
    assert not rest.startswith(OPENINGS)
    assert told == f"{heard} {rest}"
