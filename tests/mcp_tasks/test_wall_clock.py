"""Wall-clock times that do not exist, or come twice."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from mcp_tasks.wall_clock import is_past, wall_time

pytestmark = pytest.mark.unit

NEW_YORK = ZoneInfo("America/New_York")
FALL_BACK = date(2026, 11, 1)
HALF_PAST_ONE = time(1, 30)


def test_a_time_that_the_clocks_jump_over_is_none() -> None:
    now = datetime(2027, 3, 13, 12, tzinfo=NEW_YORK)
    assert wall_time(date(2027, 3, 14), time(2, 30), now) is None
    assert wall_time(date(2027, 3, 14), time(3), now) is not None


def test_of_two_equal_times_the_first_is_meant_until_it_has_passed() -> None:
    the_day_before = datetime(2026, 10, 31, 12, tzinfo=NEW_YORK)
    first = wall_time(FALL_BACK, HALF_PAST_ONE, the_day_before)
    between = datetime(2026, 11, 1, 6, 10, tzinfo=UTC).astimezone(NEW_YORK)  # the second 1:10
    second = wall_time(FALL_BACK, HALF_PAST_ONE, between)
    assert first is not None
    assert second is not None
    assert (first.astimezone(UTC).hour, second.astimezone(UTC).hour) == (5, 6)


def test_the_real_clock_tells_what_has_passed() -> None:
    second_ten_past_one = datetime(2026, 11, 1, 6, 10, tzinfo=UTC).astimezone(NEW_YORK)
    assert is_past(datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK), second_ten_past_one)
    assert not is_past(datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK, fold=1), second_ten_past_one)
