import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.brain.due_phrase import cut_first, cut_last, is_due

pytestmark = pytest.mark.unit

DUES = [
    "every Monday",
    "every day at 9",
    "every other Friday",
    "every Monday and Thursday",
    "on the first Monday of every month",
    "every two weeks on Friday",
    "every weekday at 8 starting tomorrow",
    "daily",
    "today",
    "tomorrow at 5",
    "on the 3rd",
    "by Friday",
    "next week",
    "in two days",
    "at half past five",
    "by the end of the month",
    "on December 5th at noon",
    "on Monday at 9:30 a.m.",
    "the day after tomorrow",
    "for the 12th",
    "this weekend",
    "a week from Friday",
    "at 2.30",
    "on the first Monday of next month",
    "on 11/27",
    "by 2026-12-01",
    "later today",
    "no later than next Tuesday",
]


@pytest.mark.parametrize("due", DUES)
def test_a_date_at_the_end_is_cut_off_as_it_was_said(due: str) -> None:
    cut = cut_last(f"call the plumber {due}")
    assert (cut.text, cut.due) == ("call the plumber", due)


@pytest.mark.parametrize("due", DUES)
def test_a_date_alone_is_a_date_and_never_a_title(due: str) -> None:
    assert is_due(due)
    assert cut_last(due).due is None


@pytest.mark.parametrize(
    "title",
    [
        "watch Friday the 13th",
        "do it every blue moon",
        "read the Sunday Times",
        "plan Black Friday",
        "prepare the Monday meeting",
        "book a table for two",
        "buy May flowers",
        "buy 2 apples",
        "find tickets for Saturday Night Fever",
        "learn about the 5th of November",
    ],
)
def test_date_words_that_belong_to_a_title_stay_in_it(title: str) -> None:
    assert cut_last(title).text == title


def test_a_film_with_a_date_in_its_name_can_have_a_date_of_its_own() -> None:
    cut = cut_last("watch Friday the 13th on Saturday")
    assert (cut.text, cut.due) == ("watch Friday the 13th", "on Saturday")


def test_a_date_at_the_start_is_cut_off_too() -> None:
    cut = cut_first("On Friday, add buy milk")
    assert (cut.text, cut.due) == ("add buy milk", "On Friday")


@given(st.text(max_size=120))
def test_no_word_is_lost_by_cutting(text: str) -> None:
    cut = cut_last(text)
    kept = cut.text + (cut.due or "")
    assert [each for each in kept if each.isalnum()] == [each for each in text if each.isalnum()]


@given(
    st.sampled_from(DUES),
    st.lists(st.sampled_from(["buy", "bread", "call", "Ann", "the", "for", "on", "at", "by"]), max_size=6),
)
def test_what_is_cut_is_a_date(due: str, words: list[str]) -> None:
    cut = cut_last(" ".join([*words, due]))
    assert cut.due is None or is_due(cut.due)
