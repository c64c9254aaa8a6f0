"""Dates by any clock, at any time: over every change of the clocks of three years, and from one date line to the other."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_tasks.date_reading import DateQuestion, DateReading
from mcp_tasks.dates import understand

pytestmark = pytest.mark.unit

# Gaps of an hour at night and at midnight, of half an hour, on both halves of the globe.
CHANGING = ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago", "Asia/Beirut"]
FAR_APART = [
    "Pacific/Kiritimati",
    "Pacific/Chatham",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Africa/Casablanca",
    "America/St_Johns",
    "America/Los_Angeles",
    "Pacific/Niue",
]
MINUTE = timedelta(minutes=1)
HALF_HOUR = timedelta(minutes=30)


class Change(NamedTuple):
    zone: ZoneInfo
    at: datetime
    """UTC; the first half hour with the new offset."""


def changes(name: str) -> list[Change]:
    zone = ZoneInfo(name)
    found, moment = [], datetime(2026, 1, 1, tzinfo=UTC)
    while moment < datetime(2029, 1, 1, tzinfo=UTC):
        following = moment + HALF_HOUR
        if moment.astimezone(zone).utcoffset() != following.astimezone(zone).utcoffset():
            found.append(Change(zone, following))
        moment = following
    return found


CHANGES = [change for name in CHANGING for change in changes(name)]


def walls(zone: ZoneInfo, day: date) -> dict[time, datetime]:
    """Each half hour that the clocks show on a day, and when first; found by walking, not by asking for it."""
    shown: dict[time, datetime] = {}
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=16)
    for _ in range(2 * 24 * 3):
        local = moment.astimezone(zone)
        if local.date() == day:
            shown.setdefault(local.time(), moment)
        moment += HALF_HOUR
    return shown


def test_there_are_two_changes_a_year_in_each_of_the_five_zones() -> None:
    assert len(CHANGES) == 5 * 2 * 3


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: f"{change.zone.key} {change.at:%Y-%m-%d}")
def test_every_half_hour_of_the_day_of_a_change_is_read_if_the_clocks_show_it(change: Change) -> None:
    # The day on which the new offset begins, and the one before: a change at midnight belongs to both.
    for day in (
        (change.at - MINUTE).astimezone(change.zone).date(),
        change.at.astimezone(change.zone).date(),
    ):
        shown = walls(change.zone, day)
        now = min(shown.values()) - timedelta(hours=14)  # some time of the day before
        assert now.astimezone(change.zone).date() == day - timedelta(days=1)
        for half_hours in range(1, 48):
            at = (datetime(2026, 1, 1) + half_hours * HALF_HOUR).time()
            outcome = understand(f"tomorrow at {at:%H:%M}", now=now, zone=change.zone)
            if at in shown:
                assert isinstance(outcome, DateReading), (at, outcome)
                assert isinstance(outcome.due, datetime)
                assert outcome.due.astimezone(UTC) == shown[at]
            else:
                assert isinstance(outcome, DateQuestion), (at, outcome)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: f"{change.zone.key} {change.at:%Y-%m-%d}")
def test_what_comes_back_begins_at_a_time_that_exists(change: Change) -> None:
    day = change.at.astimezone(change.zone).date()
    now = change.at - timedelta(hours=20)
    for half_hours in range(1, 48):
        at = (datetime(2026, 1, 1) + half_hours * HALF_HOUR).time()
        outcome = understand(f"every day at {at:%H:%M}", now=now, zone=change.zone)
        assert isinstance(outcome, DateReading)
        assert isinstance(outcome.due, datetime)
        assert outcome.due.astimezone(UTC) >= now - MINUTE
        assert outcome.due.time() == at
        assert outcome.due.date() <= day + timedelta(days=1)
        assert exists(outcome.due)


def exists(when: datetime) -> bool:
    return when.astimezone(UTC).astimezone(when.tzinfo).replace(tzinfo=None) == when.replace(tzinfo=None)


@st.composite
def near_a_change(draw: st.DrawFn) -> tuple[datetime, ZoneInfo]:
    change = draw(st.sampled_from(CHANGES))
    return change.at + timedelta(minutes=draw(st.integers(-3 * 1440, 180))), change.zone


@st.composite
def near_midnight(draw: st.DrawFn) -> tuple[datetime, ZoneInfo]:
    zone = ZoneInfo(draw(st.sampled_from(FAR_APART + CHANGING)))
    day = draw(st.dates(date(2026, 1, 1), date(2028, 12, 31)))
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    return midnight + timedelta(seconds=draw(st.integers(-120, 120))), zone


ANY_TIME = st.tuples(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC)),
    st.sampled_from(FAR_APART + CHANGING).map(ZoneInfo),
)
# Sampled separately, because bugs live there: around a change, and the minutes around a local midnight.
WHENS = st.one_of(ANY_TIME, near_midnight(), near_a_change())

NO_DAY = ["", "today", "tomorrow", "friday", "next monday", "the 31st", "in 2 weeks", "november 5", "3/4"]
DAYS = [*NO_DAY, "end of month", "a week from sunday", "the day before friday", "no, thursday", "christmas"]
REPEATS = [
    "every day",
    "every sunday",
    "every other saturday",
    "every weekday",
    "on the last day of each month",
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
    "at 1:45 am",
    "half past 8",
]
CHANGED = [
    "a day later",
    "an hour later",
    "two days earlier",
    "same time tomorrow",
    "make it 2:30 am",
    "sunday",
]


@given(WHENS, st.sampled_from([*DAYS, *REPEATS]), st.sampled_from([*CLOCKS, "at 00:15", "in the evening"]))
@settings(max_examples=1_000, deadline=None)
def test_nothing_that_is_read_or_offered_lies_in_the_past_or_in_a_gap(
    when: tuple[datetime, ZoneInfo], day: str, clock: str
) -> None:
    now, zone = when
    lies_ahead(understand(f"{day} {clock}", now=now, zone=zone), now, zone)


@given(WHENS, st.sampled_from(CHANGED), st.integers(-3 * 1440, 3 * 1440), st.booleans())
@settings(max_examples=500, deadline=None)
def test_no_change_of_a_due_leads_into_the_past_or_into_a_gap(
    when: tuple[datetime, ZoneInfo], words: str, minutes: int, whole_day: bool
) -> None:
    now, zone = when
    due = (now + timedelta(minutes=minutes)).astimezone(zone).replace(second=0, microsecond=0)
    lies_ahead(understand(words, now=now, zone=zone, before=due.date() if whole_day else due), now, zone)


def lies_ahead(outcome: DateReading | DateQuestion, now: datetime, zone: ZoneInfo) -> None:
    for one in [outcome] if isinstance(outcome, DateReading) else outcome.candidates:
        assert one.due is not None
        if isinstance(one.due, datetime):
            assert one.due.astimezone(UTC) >= now - MINUTE
            assert exists(one.due)
        else:
            assert one.due >= now.astimezone(zone).date()


@given(WHENS, st.sampled_from(REPEATS), st.sampled_from(["", "at noon", "at 2:30 am", "at 18:00"]))
@settings(deadline=None)
def test_the_first_due_is_an_occurrence_of_its_rule(
    when: tuple[datetime, ZoneInfo], words: str, clock: str
) -> None:
    now, zone = when
    outcome = understand(f"{words} {clock} for 3 months", now=now, zone=zone)
    for one in [outcome] if isinstance(outcome, DateReading) else outcome.candidates:
        assert one.recurrence is not None
        assert one.due is not None
        start = one.due if isinstance(one.due, datetime) else datetime.combine(one.due, time())
        assert next(iter(rrulestr(one.recurrence, dtstart=start))) == start


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
