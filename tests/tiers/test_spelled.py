"""What was said before tells whether letters are all of a word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiers.open_ends import Ending, ending_of
from tiers.spelled import FEWEST, Progress, progress_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "words",
    ["Can you spell the name Kathrin, K A T H R I N?", "Do you know Mister Meyer, M. E. Y. E. R.",
     "How is Meyer spelled, M-E-Y-E-R", "Is it Anna, A N N A?", "Anna, A double N A", "O'Neil, O N E I L",
     "Müller, M Ü L L E R", "New York, N E W Y O R K", "Smith-Jones, S M I T H J O N E S",
     "Baker, it is a B A K E R", "KATHRIN, k a t h r i n"],
)  # fmt: skip
def test_the_letters_are_all_of_a_word_that_was_said(words: str) -> None:
    assert progress_of(words) is Progress.WHOLE


@pytest.mark.parametrize(
    "words",
    ["Can you spell the name Kathrin, K A T", "Do you know Mister Meyer, M E Y E", "Müller, M U L"],
)
def test_letters_that_begin_a_word_that_was_said_go_on(words: str) -> None:
    assert progress_of(words) is Progress.PART
    assert ending_of(words) is Ending.OPEN


@pytest.mark.parametrize(
    "words",
    ["K A T H R I N", "My name is spelled S C H", "Is it Ann or Anne, A N N", "New York, N E W",
     "Baker Street, B A K E R", "What is it, I T", "Mister Meyer, M A I E R", "the code is 4 7 1", "5 5 5", "",
     "Is it a B A K E R"],
)  # fmt: skip
def test_otherwise_nobody_can_tell(words: str) -> None:
    assert progress_of(words) is Progress.UNKNOWN


@pytest.mark.parametrize(
    "words",
    ["Remind me at 5:30.", "Move it to 10.15", "tomorrow at 10 30", "by nine oh five", "on 11/27", "11/27/2026",
     "March 3 2027", "on March 3rd, 2027?", "Kathrin with a K",
     "Remind me to call her at 5:30", "Call the plumber at 10 30"],
)  # fmt: skip
def test_a_time_a_date_and_a_letter_that_tells_a_name_are_whole(words: str) -> None:
    assert progress_of(words) is Progress.WHOLE


@pytest.mark.parametrize("words", ["call me at 10 20", "the number is 5 30", "his code is 11/27"])
def test_figures_of_an_announced_number_are_no_time(words: str) -> None:
    assert progress_of(words) is Progress.UNKNOWN


def test_a_word_of_an_earlier_turn_counts() -> None:
    assert progress_of("K A T H R I N", before="Add a task to call Kathrin") is Progress.WHOLE
    assert progress_of("K A T", before="Add a task to call Kathrin") is Progress.PART


def test_what_is_evidently_all_ends_the_turn_as_other_words_do() -> None:
    assert ending_of("Can you spell the name Kathrin, K A T H R I N?") is Ending.WHOLE
    assert ending_of("Is it Anna, A N N A?") is Ending.WHOLE
    assert ending_of("Remind me at 5:30.") is Ending.WHOLE
    assert ending_of("Do you know Mister Meyer, M E Y E R,") is Ending.OPEN, "the ear hears that it goes on"


@given(st.from_regex(r"[b-hj-z][a-z]{3,9}", fullmatch=True), st.integers(FEWEST, 10))
def test_of_every_word_each_beginning_goes_on_and_all_of_it_is_whole(word: str, count: int) -> None:
    said = f"The name {word.title()} is {' '.join(word[:count].upper())}"
    known = {"the", "name", word, "is"}
    if count >= len(word):
        assert progress_of(said) is Progress.WHOLE
    elif word[:count] not in known:
        assert progress_of(said) is Progress.PART
