from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil import tz
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_tasks.errors import TaskError
from mcp_tasks.no_repeating import ends_repeating
from mcp_tasks.recurrence import clean_rrule, next_occurrence
from mcp_tasks.spoken_recurrence import spoken_rule

pytestmark = pytest.mark.unit

LA = ZoneInfo("America/Los_Angeles")
ZONES = [
    "America/Los_Angeles",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "Africa/Casablanca",
]


def at(text: str, zone: str = "America/Los_Angeles") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def after(rrule: str, due: str, now: str, *, start: str | None = None) -> str | None:
    found = next_occurrence(rrule, start or due, due, local=at(now))
    return found.due.text if found else None


def series(rrule: str, start: str, number: int) -> list[str]:
    dues, due = [], start
    for _ in range(number):
        found = next_occurrence(rrule, start, due, local=at("2020-01-01T00:00"))
        assert found is not None
        due = found.due.text
        dues.append(due)
    return dues


def test_the_next_one_comes_after_the_one_that_was_done() -> None:
    assert after("FREQ=WEEKLY", "2026-11-23", "2026-11-23T10:00") == "2026-11-30"
    assert after("FREQ=WEEKLY", "2026-11-30", "2026-11-24T10:00") == "2026-12-07", "done before it was due"
    assert after("FREQ=DAILY", "2026-11-24T09:00:00", "2026-11-24T08:00") == "2026-11-25T09:00:00"


def test_what_was_done_late_does_not_come_back_overdue() -> None:
    assert after("FREQ=DAILY", "2026-11-19", "2026-11-24T10:00") == "2026-11-24"
    assert after("FREQ=DAILY", "2026-11-19T09:00:00", "2026-11-24T10:00") == "2026-11-25T09:00:00"
    assert after("FREQ=DAILY", "2026-11-19T09:00:00", "2026-11-24T08:00") == "2026-11-24T09:00:00"


def test_one_occurrence_that_was_moved_leaves_the_series_alone() -> None:
    assert after("FREQ=WEEKLY", "2026-11-25", "2026-11-25T10:00", start="2026-11-16") == "2026-11-30"
    moved = after("FREQ=DAILY", "2026-11-24T15:00:00", "2026-11-24T16:00", start="2026-11-20T09:00:00")
    assert moved == "2026-11-25T09:00:00"
    fortnight = after("FREQ=WEEKLY;INTERVAL=2", "2026-11-26", "2026-11-26T10:00", start="2026-11-09")
    assert fortnight == "2026-12-07"


def test_nine_o_clock_stays_nine_o_clock_over_a_change_of_the_clocks() -> None:
    spring = next_occurrence(
        "FREQ=DAILY", "2026-03-01T09:00:00", "2026-03-07T09:00:00", local=at("2026-03-07T10:00")
    )
    assert spring is not None
    assert (spring.due.text, spring.due.instant) == (
        "2026-03-08T09:00:00",
        datetime(2026, 3, 8, 16, tzinfo=UTC),
    )
    autumn = next_occurrence(
        "FREQ=DAILY", "2026-10-30T09:00:00", "2026-10-31T09:00:00", local=at("2026-10-31T10:00")
    )
    assert autumn is not None
    assert (autumn.due.text, autumn.due.instant) == (
        "2026-11-01T09:00:00",
        datetime(2026, 11, 1, 17, tzinfo=UTC),
    )


def test_a_time_that_the_clocks_skip_moves_and_comes_back_the_day_after() -> None:
    skipped = after("FREQ=DAILY", "2026-03-07T02:30:00", "2026-03-07T10:00")
    assert skipped == "2026-03-08T03:30:00"
    assert (
        after("FREQ=DAILY", skipped, "2026-03-08T10:00", start="2026-03-07T02:30:00") == "2026-03-09T02:30:00"
    )


def test_a_time_that_comes_twice_is_the_first_of_them() -> None:
    twice = next_occurrence(
        "FREQ=DAILY", "2026-10-30T01:30:00", "2026-10-31T01:30:00", local=at("2026-10-31T10:00")
    )
    assert twice is not None
    assert twice.due.instant == datetime(2026, 11, 1, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rrule", "start", "dues"),
    [
        (
            "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1",
            "2027-01-31",
            ["2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31"],
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1",
            "2027-12-31",
            ["2028-01-31", "2028-02-29", "2028-03-31"],
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1",
            "2027-01-30",
            ["2027-02-28", "2027-03-30", "2027-04-30"],
        ),
        ("FREQ=MONTHLY;BYMONTHDAY=28,29;BYSETPOS=-1", "2028-01-29", ["2028-02-29", "2028-03-29"]),
        ("FREQ=MONTHLY;BYMONTHDAY=28,29;BYSETPOS=-1", "2027-01-29", ["2027-02-28", "2027-03-29"]),
        ("FREQ=MONTHLY", "2027-01-28", ["2027-02-28", "2027-03-28"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2027-01-31", ["2027-02-28", "2027-03-31", "2027-04-30"]),
        (
            "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=28,29,30;BYSETPOS=-1",
            "2026-11-30",
            ["2027-02-28", "2027-05-30"],
        ),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "2026-12-31", ["2027-01-31", "2027-03-31", "2027-05-31"]),
        ("FREQ=MONTHLY;BYDAY=-1FR", "2026-11-27", ["2026-12-25", "2027-01-29", "2027-02-26"]),
        ("FREQ=MONTHLY;BYDAY=1MO", "2026-12-07", ["2027-01-04", "2027-02-01"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-11-30", ["2026-12-31", "2027-01-29"]),
        (
            "FREQ=YEARLY;BYMONTHDAY=28,29;BYMONTH=2;BYSETPOS=-1",
            "2028-02-29",
            ["2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"],
        ),
        ("FREQ=YEARLY;BYMONTHDAY=28,29;BYMONTH=2;BYSETPOS=-1", "2028-02-29", ["2029-02-28", "2030-02-28"]),
        ("FREQ=WEEKLY;BYDAY=MO,TH", "2026-11-23", ["2026-11-26", "2026-11-30", "2026-12-03"]),
    ],
)
def test_month_ends_of_every_kind_come_as_people_mean_them(rrule: str, start: str, dues: list[str]) -> None:
    assert series(rrule, start, len(dues)) == dues


def test_a_series_ends_with_its_count_or_its_day() -> None:
    assert after("FREQ=DAILY;COUNT=3", "2026-11-25", "2026-11-25T09:00", start="2026-11-24") == "2026-11-26"
    assert after("FREQ=DAILY;COUNT=3", "2026-11-26", "2026-11-26T09:00", start="2026-11-24") is None
    assert (
        after("FREQ=DAILY;UNTIL=20261126", "2026-11-25T09:00:00", "2026-11-25T10:00") == "2026-11-26T09:00:00"
    )
    assert after("FREQ=DAILY;UNTIL=20261126", "2026-11-26T09:00:00", "2026-11-26T10:00") is None
    utc = "FREQ=DAILY;UNTIL=20261127T010000Z"  # five in the afternoon of the 26th in Los Angeles
    assert after(utc, "2026-11-25T16:00:00", "2026-11-25T16:30") == "2026-11-26T16:00:00"
    assert after(utc, "2026-11-25T18:00:00", "2026-11-25T18:30") is None


@pytest.mark.parametrize(
    "bad",
    [
        "", "every day", "FREQ=HOURLY", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;COUNT=0", "FREQ=DAILY;COUNT=3;UNTIL=20270101",
        "FREQ=WEEKLY;BYDAY=XX", "FREQ=MONTHLY;BYMONTHDAY=99", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYHOUR=9",
        "FREQ=DAILY;INTERVAL=7;BYDAY=MO", "BYDAY=MO", "FREQ=DAILY\nX:1", "FREQ=DAILY;" * 30, "FREQ=DAILY,WEEKLY",
    ],
)  # fmt: skip
def test_a_rule_that_no_task_has_is_refused(bad: str) -> None:
    with pytest.raises(TaskError, match="repeat"):
        clean_rrule(bad)


def test_a_rule_has_one_spelling() -> None:
    assert clean_rrule(" RRULE:freq=weekly;byday=mo,th ") == clean_rrule("FREQ=WEEKLY;BYDAY=MO,TH")


@pytest.mark.parametrize(
    "words", ["just once", "don't repeat", "stop repeating.", "no repeat", "Do not repeat it"]
)
def test_words_can_end_a_series(words: str) -> None:
    assert ends_repeating(words)


@pytest.mark.parametrize("words", ["tomorrow", "every day", "once a week", "stop", ""])
def test_other_words_do_not_end_a_series(words: str) -> None:
    assert not ends_repeating(words)


@pytest.mark.parametrize(
    ("rrule", "said"),
    [
        ("FREQ=DAILY", "every day"),
        ("FREQ=WEEKLY;BYDAY=MO", "every Monday"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "every weekday"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", "every other week on Monday and Thursday"),
        ("FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1", "the last day of every month"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "the last Friday of every month"),
        ("FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=5", "every year on the 5th of March"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "every other Friday"),
        ("FREQ=MONTHLY;BYDAY=2TU,4TU", "the 2nd Tuesday and the 4th Tuesday of every month"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "the last weekday of every month"),
        ("FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1", "the 30th, or the last day, of every month"),
        (
            "FREQ=YEARLY;BYMONTH=3,6,9,12;BYMONTHDAY=-1",
            "every year on the last day of March, June, September and December",
        ),
        ("FREQ=YEARLY;BYMONTH=5", "every year in May"),
        ("FREQ=DAILY;UNTIL=20261128T045959Z", "every day, until November 27th, 2026"),
        ("FREQ=DAILY;COUNT=5", "every day, 5 times"),
        ("FREQ=DAILY;COUNT=1", "every day, once"),
        ("FREQ=WEEKLY;UNTIL=20271231", "every week, until December 31st, 2027"),
    ],
)
def test_a_rule_is_said_in_words(rrule: str, said: str) -> None:
    assert spoken_rule(clean_rrule(rrule), LA) == said


@given(
    st.sampled_from(
        ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=SU", "FREQ=MONTHLY", "FREQ=DAILY;INTERVAL=3", "FREQ=YEARLY"]
    ),
    st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    st.times(),
    st.sampled_from(ZONES),
    st.integers(-400, 400),
)
@settings(max_examples=400, deadline=None)
def test_over_every_change_of_the_clocks_the_next_one_exists_and_keeps_its_hour(
    rrule: str, day: date, clock: time, zone: str, late: int
) -> None:
    start = datetime.combine(day, clock.replace(second=0, microsecond=0)).isoformat()
    local = at(start, zone) + timedelta(days=late)
    found = next_occurrence(rrule, start, start, local=local)
    assert found is not None
    assert isinstance(found.due.when, datetime)
    assert found.due.text > start
    assert found.due.when > local
    back = found.due.when.astimezone(UTC).astimezone(ZoneInfo(zone))
    assert back.replace(tzinfo=None) == found.due.when.replace(tzinfo=None), "this time exists"
    wall = datetime.combine(found.due.when.date(), clock.replace(second=0, microsecond=0), ZoneInfo(zone))
    there = tz.datetime_exists(wall) and tz.datetime_exists(wall - timedelta(days=1))
    assert found.due.when.time() == wall.time() or not there, "it keeps its hour wherever that hour exists"
