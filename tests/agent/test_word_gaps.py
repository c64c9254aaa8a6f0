"""Words that a voice announces stand as far apart as in their text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from livekit.agents.types import TimedString

from agent.word_gaps import WordGaps

pytestmark = pytest.mark.unit

TEXT = "You have three tasks for today."


def captions(*words: str, text: str = TEXT) -> str:
    gaps = WordGaps()
    return "".join(gaps.before(TimedString(word, start_time=1.0), text) for word in words)


def test_a_space_that_was_left_out_between_two_pieces_is_given() -> None:
    assert captions("You", " have", " three", " tasks", "for", " today.") == TEXT


def test_spaces_that_are_there_are_not_doubled() -> None:
    assert captions("You ", "have ", "three ", "tasks ", "for ", "today.") == TEXT


def test_parts_of_a_word_stay_together() -> None:
    assert captions("You", " have", " thr", "ee", " tasks") == "You have three tasks"


def test_a_word_that_is_not_in_the_text_is_given_as_it_is() -> None:
    assert captions("You", " have", " 3", " tasks") == "You have 3 tasks"


def test_a_word_keeps_its_times() -> None:
    gaps = WordGaps()
    gaps.before(TimedString("You", start_time=0.0), TEXT)
    word = gaps.before(TimedString("have", start_time=0.5, end_time=0.9), TEXT)
    assert (word, word.start_time, word.end_time) == (" have", 0.5, 0.9)


@given(st.lists(st.sampled_from(["a", "an", "the", "task", "tasks", "the,"]), max_size=20), st.data())
def test_whatever_spaces_are_left_out_the_text_comes_out(words: list[str], data: st.DataObject) -> None:
    text = " ".join(words)
    said = [word if data.draw(st.booleans()) or not place else f" {word}" for place, word in enumerate(words)]
    assert captions(*said, text=text) == text
