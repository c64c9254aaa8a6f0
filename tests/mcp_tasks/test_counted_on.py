"""Which words move a date on each time that they are said."""

import pytest

from mcp_tasks.counted_on import counts_on

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "words",
    ["an hour later", "push it back a week", "two days earlier", "the day after", "Make it a day later."],
)
def test_what_is_counted_from_the_date_before_moves_it_each_time(words: str) -> None:
    assert counts_on(words)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "Friday",
        "at 5",
        "tomorrow at 9",
        "in two hours",
        "next week",
        "same time on Friday",
        "every Monday",
        "no date",
        "drop the time",
        "2031-02-03",
        "whenever the cows come home",
    ],
)
def test_what_names_a_date_or_a_time_is_the_same_said_twice(words: str) -> None:
    assert not counts_on(words)
