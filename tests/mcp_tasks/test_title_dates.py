"""Where words about a date stand, seen from the title that they came with."""

import pytest

from mcp_tasks.title_dates import Place, place

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("title", "words", "where"),
    [
        ("watch Friday the 13th", "Friday the 13th", "title"),
        ("Watch “Friday the 13th”", "friday the thirteenth", "title"),
        ("watch Friday the 13th", "by Friday the 13th", "beside"),
        ("prepare the Monday report", "Monday", "unclear"),
        ("print tomorrow's agenda", "tomorrow", "unclear"),
        ("call Bob tomorrow", "tomorrow", "beside"),
        ("call Bob by Friday", "Friday", "beside"),
        ("buy milk", "Friday", "beside"),
        ("buy milk", "by", "beside"),
    ],
)
def test_only_words_that_can_be_nothing_else_are_taken_for_the_date(
    title: str, words: str, where: Place
) -> None:
    assert place(title, words) == where
