"""Slow letters and digits are one turn, and ordinary words wait for nothing."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import yaml

from agent.spelling import HOLD_SECONDS, Spelling, is_spelled
from tests.agent.virtual_time import VirtualLoop

pytestmark = pytest.mark.unit

CASES = yaml.safe_load((Path(__file__).parent / "spelled.yaml").read_text())


@pytest.mark.parametrize("text", CASES["spelled"])
def test_letters_and_digits_one_by_one_may_go_on(text: str) -> None:
    assert is_spelled(text)


@pytest.mark.parametrize("text", CASES["whole"])
def test_ordinary_words_are_whole(text: str) -> None:
    assert not is_spelled(text)


def test_pieces_become_one_turn_after_a_pause(loop: VirtualLoop) -> None:
    over: list[str] = []
    spelling = Spelling(over.append)
    spelling.open()
    for piece in ("M", "I L", "K"):
        loop.do(lambda: spelling.caller_sounds(True))
        loop.pass_seconds(1)
        loop.do(lambda: spelling.caller_sounds(False))
        loop.do(partial(spelling.take, piece))
        loop.pass_seconds(HOLD_SECONDS - 0.5)
        assert over == []
    assert spelling.is_held
    loop.pass_seconds(1)
    assert over == ["M I L K"]
    assert not spelling.is_held


def test_a_word_that_was_said_and_is_spelled_to_its_end_waits_for_nothing(loop: VirtualLoop) -> None:
    over: list[str] = []
    spelling = Spelling(over.append)
    spelling.open()
    taken: list[str | None] = []
    whole = "Can you spell the name Kathrin, K A T H R I N?"
    loop.do(lambda: taken.append(spelling.take(whole)))
    loop.do(lambda: taken.append(spelling.take("Do you know Mister Meyer, M E")))
    loop.pass_seconds(HOLD_SECONDS - 0.5)
    loop.do(lambda: taken.append(spelling.take("Y E")))
    loop.pass_seconds(HOLD_SECONDS - 0.5)
    loop.do(lambda: taken.append(spelling.take("R")))
    loop.pass_seconds(10)
    assert taken == [whole, None, None, "Do you know Mister Meyer, M E Y E R"]
    assert over == []


def test_what_they_spell_may_be_a_word_of_an_earlier_turn(loop: VirtualLoop) -> None:
    over: list[str] = []
    spelling = Spelling(over.append)
    spelling.open()
    taken: list[str | None] = []
    loop.do(lambda: taken.append(spelling.take("Add a task to call Kathrin")))
    loop.do(lambda: taken.append(spelling.take("No, K A T H")))
    loop.pass_seconds(1)
    loop.do(lambda: taken.append(spelling.take("R I N")))
    assert taken[1:] == [None, "No, K A T H R I N"]


def test_a_time_of_day_waits_for_nothing(loop: VirtualLoop) -> None:
    spelling = Spelling(lambda _: None)
    spelling.open()
    taken: list[str | None] = []
    loop.do(lambda: taken.append(spelling.take("Remind me to call the plumber at 5:30.")))
    assert taken == ["Remind me to call the plumber at 5:30."]


def test_words_after_it_end_it_at_once(loop: VirtualLoop) -> None:
    over: list[str] = []
    spelling = Spelling(over.append)
    spelling.open()
    taken: list[str | None] = []
    loop.do(lambda: taken.append(spelling.take("5 5 5")))
    loop.do(lambda: taken.append(spelling.take("that is the number")))
    loop.pass_seconds(10)
    assert taken == [None, "5 5 5 that is the number"]
    assert over == []


def test_while_the_caller_goes_on_nothing_is_over(loop: VirtualLoop) -> None:
    over: list[str] = []
    spelling = Spelling(over.append)
    spelling.open()
    loop.do(lambda: spelling.take("A B C"))
    loop.do(lambda: spelling.caller_sounds(True))
    loop.pass_seconds(10)
    assert over == []
    loop.do(lambda: spelling.caller_sounds(False))  # a cough: no turn comes of it
    loop.pass_seconds(HOLD_SECONDS + 0.1)
    assert over == ["A B C"]


def test_a_call_that_ends_gives_nothing(loop: VirtualLoop) -> None:
    over: list[str] = []
    spelling = Spelling(over.append)
    spelling.open()
    loop.do(lambda: spelling.take("A B C"))
    loop.do(spelling.close)
    loop.pass_seconds(10)
    assert over == []
