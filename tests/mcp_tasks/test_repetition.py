"""What comes back: the rule as RFC 5545 has it, the days that dateutil makes of it, and the words for it."""

from datetime import date, datetime, time

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from mcp_tasks.recurrence_words import Unclear, repeats, repetition, spelt_out, taken_apart
from mcp_tasks.repetition import CODES, Frequency, Repetition

pytestmark = pytest.mark.unit

FREQUENCIES: st.SearchStrategy[Frequency] = st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
WHOLE = st.builds(Repetition, FREQUENCIES, st.integers(1, 6)).flatmap(
    lambda bare: st.dates(date(2026, 1, 1), date(2028, 12, 28)).map(bare.on_the_day_of)
)


@given(WHOLE, st.dates(date(2026, 1, 1), date(2028, 12, 31)))
def test_every_rule_is_read_by_dateutil_and_its_first_day_lies_ahead(found: Repetition, start: date) -> None:
    days = found.days_from(start, 3)
    assert len(days) == 3
    assert start <= days[0] < days[1] < days[2]
    counted = rrulestr(found.rule, dtstart=datetime.combine(days[0], time()))
    assert [each.date() for each, _ in zip(counted, range(3), strict=False)] == days


def test_counting_begins_at_the_first_day_and_not_in_the_week_of_the_asking() -> None:
    saturday = date(2026, 11, 28)
    fridays = Repetition("WEEKLY", 2, ("FR",)).days_from(saturday, 2)
    assert fridays == [date(2026, 12, 4), date(2026, 12, 18)]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Repetition("DAILY"), "every day"),
        (Repetition("DAILY", 3), "every 3 days"),
        (Repetition("WEEKLY", 1, CODES[:5]), "every weekday"),
        (Repetition("WEEKLY", 2, ("FR",)), "every other Friday"),
        (Repetition("WEEKLY", 3, ("MO", "TH")), "every 3 weeks on Monday and Thursday"),
        (Repetition("MONTHLY", monthdays=(-1,)), "the last day of every month"),
        (Repetition("MONTHLY", 2, ("1MO",)), "the 1st Monday of every other month"),
        (Repetition("MONTHLY", weekdays=CODES[:5], place=-1), "the last weekday of every month"),
        (Repetition("YEARLY", months=(3,), monthdays=(3,)), "every year on March 3rd"),
        (Repetition("YEARLY", months=(9,), weekdays=("1MO",)), "every year on the 1st Monday of September"),
    ],
)
def test_a_repetition_is_said_as_people_say_it(found: Repetition, said: str) -> None:
    assert found.spoken == said


@pytest.mark.parametrize(
    "text", ["every friday", "fridays", "daily", "each month", "twice a week", "repeat it"]
)
def test_words_for_coming_back_are_noticed(text: str) -> None:
    assert repeats(text)


@pytest.mark.parametrize("text", ["friday", "in 3 nights", "in 2 weeks", "everything", "tomorrow evening"])
def test_other_words_are_not_taken_for_them(text: str) -> None:
    assert not repeats(text) or isinstance(repetition(text), Unclear)


def test_a_phrase_is_taken_apart_into_what_from_when_and_until_when() -> None:
    words = taken_apart("every friday starting next week until 5 december")
    assert (words.core, words.start, words.end) == ("every friday", "next week", "5 december")
    assert taken_apart("every day for 2 weeks").lasting == (2, "week")
    assert taken_apart("starting tomorrow every day").core == "every day"
    assert spelt_out("monday to wednesday mornings").startswith("monday tuesday wednesday")


@given(st.text(alphabet="every other 2nd 3 week monday month last day of the until for and", max_size=60))
def test_any_words_are_a_repetition_or_a_question(text: str) -> None:
    found = repetition(taken_apart(spelt_out(text)).core)
    if isinstance(found, Repetition) and found.whole:
        assert rrulestr(found.rule, dtstart=datetime(2026, 1, 1))
