from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from mcp_tasks.spoken import ordinal, spoken

pytestmark = pytest.mark.unit

LA = ZoneInfo("America/Los_Angeles")
NOW = datetime(2026, 11, 24, 10, tzinfo=LA)


@pytest.mark.parametrize(
    ("due", "said"),
    [
        (date(2026, 11, 24), "today"),
        (date(2026, 11, 25), "tomorrow"),
        (date(2026, 11, 23), "yesterday"),
        (date(2026, 11, 27), "Friday, November 27th"),
        (date(2027, 1, 1), "Friday, January 1st, 2027"),
        (datetime(2026, 11, 24, 17, tzinfo=LA), "today at 5 PM"),
        (datetime(2026, 11, 25, 9, 5, tzinfo=LA), "tomorrow at 9:05 AM"),
        (datetime(2026, 11, 27, 12, tzinfo=LA), "Friday, November 27th at noon"),
        (datetime(2026, 11, 25, 0, 0, tzinfo=LA), "tonight at midnight"),
        (datetime(2026, 11, 27, 0, 0, tzinfo=LA), "midnight at the start of Friday, November 27th"),
        (datetime(2026, 11, 25, 0, 30, tzinfo=LA), "tomorrow at 12:30 AM"),
        (datetime(2026, 11, 25, 2, 0, tzinfo=ZoneInfo("Europe/Berlin")), "today at 5 PM"),
    ],
)
def test_a_due_date_is_said_as_people_say_it(due: date, said: str) -> None:
    assert spoken(due, NOW) == said


def test_ordinals_are_english() -> None:
    assert [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 31)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "23rd", "31st",
    ]  # fmt: skip
