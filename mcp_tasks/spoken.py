"""How to say a due date."""

from datetime import date, datetime, timedelta

SMALL_HOURS_END = 4
"""Until 4 o'clock «tomorrow» may mean the day that has begun, so the date is said with it."""


def spoken(due: date | datetime, now: datetime) -> str:
    """Say a due date as seen from `now` (aware, in the listener's zone).

    «today at 5 PM», «tomorrow», «Friday, November 27th», «Friday, January 1st, 2027 at noon».
    """
    if not isinstance(due, datetime):
        return _day(due, now)
    local = due.astimezone(now.tzinfo)
    if (local.hour, local.minute) == (0, 0):
        return _midnight(local.date(), now)
    return f"{_day(local.date(), now)} at {clock(local)}"


def clock(time: datetime) -> str:
    """Say a wall-clock time: «5 PM», «5:30 PM», «noon»."""
    if (time.hour, time.minute) == (12, 0):
        return "noon"
    half = "AM" if time.hour < 12 else "PM"
    hour = time.hour % 12 or 12
    return f"{hour} {half}" if time.minute == 0 else f"{hour}:{time.minute:02d} {half}"


def long_date(day: date, now: datetime) -> str:
    """Say a date in full: «Friday, November 27th», with the year when it is not this one."""
    said = f"{day:%A}, {day:%B} {ordinal(day.day)}"
    return said if day.year == now.year else f"{said}, {day.year}"


def ordinal(number: int) -> str:
    """«1st», «22nd», «13th»."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def _day(day: date, now: datetime) -> str:
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}.get((day - now.date()).days)
    if near is None:
        return long_date(day, now)
    return f"{near}, {long_date(day, now)}" if now.hour < SMALL_HOURS_END and near != "today" else near


def _midnight(day: date, now: datetime) -> str:
    """Midnight belongs to two days in people's ears: say the one that it ends or begins, never just the date."""
    if day == now.date() + timedelta(days=1):
        return "tonight at midnight"
    return f"midnight at the start of {long_date(day, now)}"
