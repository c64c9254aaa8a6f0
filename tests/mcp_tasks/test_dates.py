from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_tasks.date_reading import DateQuestion, DateReading
from mcp_tasks.dates import read_iso, resolve_due, understand
from mcp_tasks.due import Due
from mcp_tasks.errors import TaskError

pytestmark = pytest.mark.unit

# BaseLoader: everything stays the text that was written.
TABLE: list[dict[str, Any]] = yaml.load((Path(__file__).parent / "dates.yaml").read_text(), yaml.BaseLoader)
RIGHT = [
    (group["now"], group["zone"], words, due)
    for group in TABLE
    for words, due in group.get("right", {}).items()
]
UNCLEAR = [
    (group["now"], group["zone"], words, days)
    for group in TABLE
    for words, days in group.get("ask", {}).items()
]
LA = ZoneInfo("America/Los_Angeles")
TUESDAY = datetime(2026, 11, 24, 10, tzinfo=LA)


def iso(due: date | datetime | None) -> str:
    return "none" if due is None else Due(due).text


@pytest.mark.parametrize(("now", "zone", "words", "due"), RIGHT)
def test_words_with_one_meaning_are_read(now: str, zone: str, words: str, due: str) -> None:
    tz = ZoneInfo(zone)
    outcome = understand(words, now=datetime.fromisoformat(now).replace(tzinfo=tz), zone=tz)
    assert isinstance(outcome, DateReading), outcome
    assert iso(outcome.due) == due


@pytest.mark.parametrize(("now", "zone", "words", "candidates"), UNCLEAR)
def test_unclear_words_are_asked_about(now: str, zone: str, words: str, candidates: list[str]) -> None:
    tz = ZoneInfo(zone)
    outcome = understand(words, now=datetime.fromisoformat(now).replace(tzinfo=tz), zone=tz)
    assert isinstance(outcome, DateQuestion), outcome
    assert [iso(one.due) for one in outcome.candidates] == candidates
    assert outcome.question.endswith("?")
    assert all(one.spoken in outcome.question for one in outcome.candidates)


def test_the_table_has_at_least_120_phrases() -> None:
    assert len(RIGHT) + len(UNCLEAR) >= 120


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


def test_the_persons_words_win_over_the_models_reading() -> None:
    assert resolve_due("by Friday", "2026-12-31", now=TUESDAY, zone=LA) == date(2026, 11, 27)
    with pytest.raises(TaskError) as refused:
        resolve_due("next Friday", "2026-11-27", now=TUESDAY, zone=LA)
    assert refused.value.code == "bad_date"
    assert [one.due for one in refused.value.candidates] == ["2026-11-27", "2026-12-04"]


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_a_date_ahead_or_a_question(words: str) -> None:
    outcome = understand(words, now=TUESDAY, zone=LA)
    if isinstance(outcome, DateReading) and isinstance(outcome.due, datetime):
        assert outcome.due >= TUESDAY


ZONES = st.sampled_from(
    [
        "America/Los_Angeles",
        "America/St_Johns",
        "Europe/Berlin",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "Pacific/Kiritimati",
        "Pacific/Niue",
        "Africa/Casablanca",
    ]
).map(ZoneInfo)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))
# Sampled separately, because bugs live there: the minutes around a local midnight.
SECONDS_FROM_MIDNIGHT = st.integers(-120, 120)


@st.composite
def near_midnight(draw: st.DrawFn) -> tuple[datetime, ZoneInfo]:
    zone = draw(ZONES)
    day = draw(st.dates(date(2026, 1, 1), date(2028, 12, 31)))
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    return midnight + timedelta(seconds=draw(SECONDS_FROM_MIDNIGHT)), zone


WHENS = st.one_of(st.tuples(MOMENTS, ZONES), near_midnight())


@given(WHENS)
@settings(deadline=None)
def test_tomorrow_is_the_day_after_the_users_today(when: tuple[datetime, ZoneInfo]) -> None:
    now, zone = when
    outcome = understand("tomorrow", now=now, zone=zone)
    assert isinstance(outcome, DateReading)
    assert outcome.due == now.astimezone(zone).date() + timedelta(days=1)


@given(WHENS, st.integers(1, 72))
@settings(deadline=None)
def test_hours_are_counted_on_the_real_clock(when: tuple[datetime, ZoneInfo], hours: int) -> None:
    now, zone = when
    outcome = understand(f"in {hours} hours", now=now, zone=zone)
    assert isinstance(outcome, DateReading)
    assert isinstance(outcome.due, datetime)
    assert outcome.due.astimezone(UTC) == (now + timedelta(hours=hours)).replace(second=0, microsecond=0)


DAYS = [
    "",
    "today",
    "tomorrow",
    "friday",
    "next monday",
    "the 31st",
    "in 2 weeks",
    "november 5",
    "3/4",
    "end of month",
]
CLOCKS = [
    "",
    "at 5",
    "at 9",
    "at 12",
    "noon",
    "midnight",
    "5:30 pm",
    "at 2:30 am",
    "half past 8",
    "in the evening",
]


@given(WHENS, st.sampled_from(DAYS), st.sampled_from(CLOCKS))
@settings(max_examples=400, deadline=None)
def test_nothing_that_is_read_or_offered_lies_in_the_past_or_in_a_gap(
    when: tuple[datetime, ZoneInfo], day: str, clock: str
) -> None:
    now, zone = when
    local = now.astimezone(zone)
    outcome = understand(f"{day} {clock}", now=now, zone=zone)
    found = [outcome] if isinstance(outcome, DateReading) else list(outcome.candidates)
    for one in found:
        assert one.due is not None
        if isinstance(one.due, datetime):
            assert one.due > local - timedelta(minutes=1)
            there_and_back = one.due.astimezone(UTC).astimezone(zone)
            assert there_and_back.replace(tzinfo=None) == one.due.replace(tzinfo=None)
        else:
            assert one.due >= local.date()


@given(WHENS, st.integers(0, 6))
@settings(deadline=None)
def test_a_weekday_is_one_of_the_next_seven_days_or_a_question(
    when: tuple[datetime, ZoneInfo], day: int
) -> None:
    now, zone = when
    today = now.astimezone(zone).date()
    name = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"][day]
    outcome = understand(f"by {name}", now=now, zone=zone)
    if today.weekday() == day:
        assert isinstance(outcome, DateQuestion)
        assert [one.due for one in outcome.candidates] == [today, today + timedelta(days=7)]
    else:
        assert isinstance(outcome, DateReading)
        assert isinstance(outcome.due, date)
        assert outcome.due.weekday() == day
        assert 1 <= (outcome.due - today).days <= 6
