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


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("watch tonight's game", "tonight"),
        ("watch the Sunday match", "Sunday"),
        ("see Friday's numbers", "Friday"),
        ("read tomorrow morning", "tomorrow morning"),
        ("play Saturday with Bob", "Saturday"),
        ("watch the Saturday movie", "Saturday"),
    ],
)
def test_what_follows_watch_or_read_is_no_name_where_it_is_not_written_as_one(title: str, words: str) -> None:
    assert place(title, words) == "unclear"


@pytest.mark.parametrize(
    ("title", "words", "where"),
    [
        ("watch Saturday Night Live", "Saturday", "unclear"),
        ("read Saturday", "Saturday", "unclear"),
        ("watch Friday the 13th", "Friday the 13th", "title"),
    ],
)
def test_a_name_is_asked_about_where_the_model_took_a_part_of_it_for_a_date(
    title: str, words: str, where: Place
) -> None:
    assert place(title, words) == "title"
    assert place(title, words, own_reading="2026-11-28") == where
