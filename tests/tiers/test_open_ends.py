"""Which words sound as if more should come."""

from __future__ import annotations

import pytest

from tiers.open_ends import Ending, ending_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "words",
    ["Add a task to", "Move the meeting with", "Do you speak", "How is", "Can you hear me well,", "Is it M E",
     "Are you", "Have you ever been", "Remind me", "Delete the task about", "Do you know Mister Smith, no,", ""],
)  # fmt: skip
def test_more_should_come(words: str) -> None:
    assert ending_of(words) is Ending.OPEN


@pytest.mark.parametrize(
    "words",
    ["Add a task to buy milk.", "What's on my list?", "How is the weather?", "No.", "Please.",
     "How are you", "What can you do?", "Delete it", "Yes, please", "Delete that one, please",
     "Delete this", "Yes, I do", "Remind me to call the plumber tomorrow"],
)  # fmt: skip
def test_that_was_all(words: str) -> None:
    assert ending_of(words) is Ending.WHOLE


def test_letters_may_be_all_or_not() -> None:
    assert ending_of("K A T H R I N") is Ending.SPELLED
    assert ending_of("four one five, K A") is Ending.OPEN
    assert ending_of("Remind me at 5") is ending_of("Move it to June 15") is Ending.SPELLED


def test_a_full_stop_of_the_ear_says_nothing() -> None:
    assert ending_of("Add a task to.") is Ending.OPEN
