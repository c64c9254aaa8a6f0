"""When somebody may be called, and what follows from how a call went."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.outbound_rules import (
    Outcome,
    Rules,
    again_after,
    clocks_of,
    free_from,
    is_too_late,
    may_call_country,
    outcome_of,
)

pytestmark = pytest.mark.unit

RULES = Rules(frozenset({"US", "DE"}))
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("status", "outcome", "waits"),
    [
        (486, Outcome.BUSY, [5, 5, None]),
        (600, Outcome.BUSY, [5, 5, None]),
        (480, Outcome.NO_ANSWER, [15, 15, None]),
        (408, Outcome.NO_ANSWER, [15, 15, None]),
        (487, Outcome.NO_ANSWER, [15, 15, None]),
        (603, Outcome.DECLINED, [None]),
        (607, Outcome.UNWANTED, [None]),
        (404, Outcome.NO_SUCH_NUMBER, [None]),
        (484, Outcome.NO_SUCH_NUMBER, [None]),
        (503, Outcome.LIMITED, [2, 4, 8, 16, 32, None]),
        (429, Outcome.LIMITED, [2, 4, 8, 16, 32, None]),
        (403, Outcome.REFUSED, [30, None]),
        (500, Outcome.FAILED, [5, 5, None]),
        (None, Outcome.FAILED, [5, 5, None]),
    ],
)
def test_each_answer_has_its_rule(status: int | None, outcome: Outcome, waits: list[int | None]) -> None:
    assert outcome_of(status) is outcome
    found = [again_after(outcome, attempts) for attempts in range(1, len(waits) + 1)]
    assert found == [None if wait is None else timedelta(minutes=wait) for wait in waits]


@given(st.integers(100, 699), st.integers(1, 50))
def test_no_answer_is_tried_for_ever(status: int, attempts: int) -> None:
    wait = again_after(outcome_of(status), attempts)
    assert wait is None or (attempts < 6 and wait > timedelta(0))


@pytest.mark.parametrize("outcome", [Outcome.TOLD, Outcome.OPTED_OUT, Outcome.HUNG_UP, Outcome.DECLINED])
def test_who_was_reached_is_not_called_again(outcome: Outcome) -> None:
    assert again_after(outcome, 1) is None


@pytest.mark.parametrize(
    ("number", "may"),
    [
        ("+14155550132", True),
        ("+4930901820", True),
        ("+447946001800", False),
        ("+18765550132", False),  # Jamaica: the plan of North America, at another price
        ("+881612345678", False),  # a satellite
        ("+979123456789", False),  # premium rate, everywhere
    ],
)
def test_only_listed_countries_are_called(number: str, may: bool) -> None:
    assert may_call_country(number, RULES) is may


@pytest.mark.parametrize(
    ("clock", "free"),
    [
        ("2026-11-27T20:59", "2026-11-27T20:59"),
        ("2026-11-27T21:00", "2026-11-28T08:00"),
        ("2026-11-28T03:00", "2026-11-28T08:00"),
        ("2026-11-28T08:00", "2026-11-28T08:00"),
        ("2027-03-28T01:30", "2027-03-28T08:00"),  # the clocks go forward in between
    ],
)
def test_quiet_hours_end_on_the_persons_own_clock(clock: str, free: str) -> None:
    now = datetime.fromisoformat(clock).replace(tzinfo=BERLIN).astimezone(UTC)
    assert free_from(now, [BERLIN], RULES) == datetime.fromisoformat(free).replace(tzinfo=BERLIN)


def test_quiet_hours_may_lie_in_the_day_or_be_none() -> None:
    noon = datetime(2026, 11, 27, 12, tzinfo=UTC)
    assert free_from(noon, [ZoneInfo("UTC")], Rules(frozenset(), time(11), time(13))) == noon + timedelta(
        hours=1
    )
    assert free_from(noon, [ZoneInfo("UTC")], Rules(frozenset(), time(0), time(0))) == noon


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Etc/UTC"]),
)
def test_who_is_called_is_never_called_in_a_quiet_hour(naive: datetime, zone: str) -> None:
    now, here = naive.replace(tzinfo=UTC), ZoneInfo(zone)
    free = free_from(now, [here], RULES)
    assert now <= free <= now + timedelta(hours=13)
    assert time(8) <= free.astimezone(here).time() < time(21)
    assert free_from(free, [here], RULES) == free


def test_what_was_due_at_night_is_called_about_in_the_morning_and_what_is_old_is_not() -> None:
    night = datetime(2026, 11, 27, 23, tzinfo=BERLIN)
    assert not is_too_late(night, datetime(2026, 11, 28, 8, tzinfo=BERLIN), [BERLIN], RULES)
    assert is_too_late(night, datetime(2026, 11, 28, 15, tzinfo=BERLIN), [BERLIN], RULES)
    day = datetime(2026, 11, 27, 9, tzinfo=BERLIN)
    assert not is_too_late(day, day + timedelta(hours=5), [BERLIN], RULES)
    assert is_too_late(day, day + timedelta(hours=7), [BERLIN], RULES)


def test_a_night_between_the_due_moment_and_the_next_try_is_nobodys_fault() -> None:
    evening = datetime(2026, 11, 27, 20, 50, tzinfo=BERLIN)
    assert not is_too_late(evening, datetime(2026, 11, 28, 8, tzinfo=BERLIN), [BERLIN], RULES)
    assert not is_too_late(evening, datetime(2026, 11, 28, 13, 50, tzinfo=BERLIN), [BERLIN], RULES)
    assert is_too_late(evening, datetime(2026, 11, 28, 13, 51, tzinfo=BERLIN), [BERLIN], RULES)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),
    st.timedeltas(timedelta(0), timedelta(hours=30)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Etc/UTC"]),
)
def test_what_was_in_time_is_still_in_time_when_a_quiet_hour_is_over(
    naive: datetime, later: timedelta, zone: str
) -> None:
    at, here = naive.replace(tzinfo=UTC), ZoneInfo(zone)
    now = at + later
    assert is_too_late(at, free_from(now, [here], RULES), [here], RULES) is is_too_late(
        at, now, [here], RULES
    )


@pytest.mark.parametrize(
    ("time_zone", "number", "clocks"),
    [
        ("Europe/Berlin", "+12125550132", ["Europe/Berlin"]),
        ("Etc/UTC", "+12125550132", ["America/New_York"]),
        ("Etc/UTC", "+15555550132", ["Etc/UTC"]),  # of no place
    ],
)
def test_who_never_said_a_zone_sleeps_where_their_number_is_of(
    time_zone: str, number: str, clocks: list[str]
) -> None:
    assert [clock.key for clock in clocks_of(time_zone, number)] == clocks


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),
    st.sampled_from(["+12125550132", "+18005550132", "+61412345678"]),
)
def test_a_number_of_many_places_is_called_when_none_of_them_sleeps(naive: datetime, number: str) -> None:
    now, clocks = naive.replace(tzinfo=UTC), clocks_of("Etc/UTC", number)
    free = free_from(now, clocks, RULES)
    assert now <= free <= now + timedelta(days=1)
    assert all(time(8) <= free.astimezone(clock).time() < time(21) for clock in clocks)


def test_where_it_is_always_night_somewhere_nobody_is_called_and_nobody_waits_for_ever() -> None:
    clocks = [ZoneInfo(f"Etc/GMT{hours:+}") for hours in range(-12, 13)]
    now = datetime(2026, 11, 27, 12, tzinfo=UTC)
    assert now + timedelta(days=2) <= free_from(now, clocks, RULES) <= now + timedelta(days=4)
