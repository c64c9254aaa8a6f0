"""Words that are told with the times at which they are spoken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.timed_words import TimedWords
from sandbox.told import Told

pytestmark = pytest.mark.unit


def test_a_pause_gives_what_was_said_before_it_and_no_more() -> None:
    words = TimedWords(["Add a task", "to buy milk"], (1.0, 3.0), onset=10.0)
    assert words.take(11.0) == "Add a task"
    assert not words.over
    assert words.take(13.0) == "to buy milk"
    assert words.over


def test_what_is_heard_in_between_is_not_taken() -> None:
    words = TimedWords(["one two three four"], (2.0,), onset=0.0)
    assert words.heard(1.0) == "one two"
    assert words.take(2.0) == "one two three four"


@given(st.lists(st.floats(0, 6), max_size=8))
def test_every_word_is_given_once_and_in_order(moments: list[float]) -> None:
    words = TimedWords(["a bb ccc", "dddd e"], (2.0, 4.5), onset=0.5)
    taken = [words.take(moment) for moment in sorted(moments)] + [words.take(9.0)]
    assert " ".join(filter(None, taken)) == "a bb ccc dddd e"


async def test_words_without_times_are_left_to_whoever_takes_them_whole() -> None:
    told = Told()
    told.put("call", "all at once")
    assert told.timed("call", 0.0) is None
    assert await told.next("call", 0) == "all at once"


def test_the_times_belong_to_the_words_that_come_next() -> None:
    told = Told()
    told.put("call", "first … half", (0.5, 1.5))
    told.put("call", "second", (1.0,))
    first = told.timed("call", 2.0)
    assert first is not None
    assert (first.take(2.5), first.take(3.5)) == ("first", "half")
    second = told.timed("call", 8.0)
    assert second is not None
    assert second.heard(9.0) == "second"
