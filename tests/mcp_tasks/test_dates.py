from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.bench.dates.readers import product
from cli.bench.dates.scoring import verdict
from cli.bench.dates.table import Kind, Phrase, phrases
from mcp_tasks.date_reading import DateQuestion, DateReading
from mcp_tasks.dates import read_iso, understand
from mcp_tasks.due import Due

pytestmark = pytest.mark.unit

TABLE = phrases()


def named(kind: Kind) -> list[Any]:
    return [pytest.param(each, id=each.name) for each in TABLE if each.kind == kind and not each.held_out]


LA = ZoneInfo("America/Los_Angeles")
TUESDAY = datetime(2026, 11, 24, 10, tzinfo=LA)


def iso(due: date | datetime | None) -> str:
    return "none" if due is None else Due(due).text


@pytest.mark.parametrize("phrase", named("right"))
def test_words_with_one_meaning_are_read(phrase: Phrase) -> None:
    assert (verdict(phrase, product(phrase)), str(product(phrase))[:19]) == ("right", str(phrase.due)[:19])


@pytest.mark.parametrize("phrase", named("ask"))
def test_unclear_words_are_asked_about(phrase: Phrase) -> None:
    outcome = understand(phrase.words, now=phrase.now, zone=phrase.zone, before=phrase.before)
    assert isinstance(outcome, DateQuestion), outcome
    assert tuple(iso(one.due) for one in outcome.candidates) == phrase.candidates
    assert outcome.question.endswith("?")
    assert all(one.spoken in outcome.question for one in outcome.candidates)


@pytest.mark.parametrize("phrase", named("repeats"))
def test_words_for_what_comes_back_give_the_first_due_and_the_rule(phrase: Phrase) -> None:
    outcome = understand(phrase.words, now=phrase.now, zone=phrase.zone, before=phrase.before)
    assert isinstance(outcome, DateReading), outcome
    assert (iso(outcome.due), outcome.recurrence) == (phrase.due, phrase.rule)
    assert outcome.spoken.startswith(("every ", "the "))


@pytest.mark.parametrize("kind", ["right", "ask", "repeats"])
def test_what_we_say_of_a_date_to_come_is_understood_when_it_is_said_to_us(kind: Kind) -> None:
    for phrase in (each for each in TABLE if each.kind == kind):
        outcome = understand(phrase.words, now=phrase.now, zone=phrase.zone, before=phrase.before)
        for one in [outcome] if isinstance(outcome, DateReading) else outcome.candidates:
            if one.due is not None and iso(one.due)[:10] >= iso(phrase.now)[:10]:
                assert understand(one.spoken, now=phrase.now, zone=phrase.zone) == one


@pytest.mark.parametrize("phrase", named("titles"))
def test_date_words_of_a_title_are_no_due(phrase: Phrase) -> None:
    assert verdict(phrase, product(phrase)) == "right", product(phrase)


def test_the_users_zone_decides_which_day_it_is() -> None:
    late = datetime(2026, 11, 25, 4, 45, tzinfo=UTC)  # 20:45 on the 24th in Los Angeles
    here = understand("tomorrow at 8", now=late, zone=LA)
    there = understand("tomorrow at 8", now=late, zone=ZoneInfo("Asia/Kolkata"))
    assert isinstance(here, DateReading)
    assert isinstance(there, DateReading)
    assert (iso(here.due), iso(there.due)) == ("2026-11-25T08:00:00", "2026-11-26T08:00:00")


def test_in_the_small_hours_tomorrow_is_said_with_its_date() -> None:
    outcome = understand("tomorrow", now=datetime(2026, 11, 25, 0, 30, tzinfo=LA), zone=LA)
    assert outcome == DateReading(date(2026, 11, 26), "tomorrow, Thursday, November 26th")


@pytest.mark.parametrize("due", ["2026-11-27T17:00:00Z", "2026-11-27T17:00:00+05:30", "2026-11-27 17:00"])
def test_a_models_offset_is_dropped_because_it_means_the_users_clock(due: str) -> None:
    outcome = read_iso(due, now=TUESDAY, zone=LA)
    assert isinstance(outcome, DateReading)
    assert outcome.spoken == "Friday, November 27th at 5 PM"


def test_a_models_midnight_means_the_day() -> None:
    outcome = read_iso("2026-11-27T00:00:00Z", now=TUESDAY, zone=LA)
    assert isinstance(outcome, DateReading)
    assert iso(outcome.due) == "2026-11-27"


ANY_WORDS = st.lists(
    st.sampled_from(
        [
            "no",
            "not",
            "sorry",
            "every",
            "each",
            "other",
            "Friday",
            "Monday",
            "the",
            "13th",
            "31st",
            "next",
            "last",
            "week",
            "weeks",
            "month",
            "months",
            "day",
            "days",
            "a",
            "2",
            "five",
            "at",
            "5",
            "noon",
            "midnight",
            "morning",
            "evening",
            "until",
            "for",
            "starting",
            "later",
            "earlier",
            "same",
            "time",
            "instead",
            "of",
            "in",
            "before",
            "after",
            "on",
            "and",
            "times",
            "half",
            "past",
            "tomorrow",
            "today",
            "ago",
            "make",
            "it",
            "move",
            "forward",
            "back",
            "by",
        ]
    ),
    max_size=8,
).map(" ".join)


@given(st.one_of(st.text(max_size=60), ANY_WORDS), st.sampled_from([None, date(2026, 11, 26), TUESDAY]))
@settings(max_examples=600, deadline=None)
def test_any_text_gives_a_date_ahead_or_a_question(words: str, before: date | None) -> None:
    outcome = understand(words, now=TUESDAY, zone=LA, before=before)
    if isinstance(outcome, DateReading) and isinstance(outcome.due, datetime):
        assert outcome.due >= TUESDAY
