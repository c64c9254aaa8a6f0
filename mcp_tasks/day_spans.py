"""Days and moments counted from now: «in two weeks», «an hour and a half from now»."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dateutil.relativedelta import relativedelta

from mcp_tasks.date_reading import Ask, Day, DayOutcome

MAX_AHEAD = timedelta(days=3_660)
"""Nobody plans a task for later than ten years; past it the number was misheard."""

_COUNT = r"(?P<count>\d{1,5}|an?|half an?)"
_SPAN = re.compile(
    rf"(?:(?P<lead>in|within|in the next|within the next) )?{_COUNT} (?P<unit>day|week|fortnight|month|year)s?"
    r"(?: (?P<tail>from now|from today|time))?"
)
_FROM = re.compile(
    r"(?:in )?(?P<count>\d{1,3}|an?) (?P<unit>day|week|fortnight|month|year)s? (?:from|after) (?P<anchor>.+)"
)
_WEEK_DAY = re.compile(r"(?P<count>a|\d) weeks? (?:on |from )?(?P<anchor>today|tomorrow)")
_CLOCK_SPAN = re.compile(
    rf"(?:in |within )?{_COUNT} (?P<unit>minute|hour)s?"
    r"(?: (?P<half>and a half|and a quarter)|(?: and)? (?P<more>\d{1,2}) minutes?)?(?P<tail> from now)?"
)
_HALVES = re.compile(r"(?:in |within )(?P<count>\d{1,2}|1) and a (?P<half>half) hours?(?P<tail> from now)?")


@dataclass(frozen=True, slots=True)
class Moment:
    """An exact moment, aware."""

    at: datetime


def counted_moment(text: str, now: datetime) -> Moment | Ask | None:
    """Read «in 2 hours» against the real clock, so that a clock change in between does no harm."""
    found = _CLOCK_SPAN.fullmatch(text) or _HALVES.fullmatch(text)
    if not found:
        return None
    if not text.startswith(("in ", "within ")) and not found["tail"]:
        return Ask("That sounds like how long, not when.")
    said = found.groupdict()
    hours = said.get("unit", "hour") == "hour"
    minutes = _count(said["count"]) * (60 if hours else 1)
    if said.get("half"):
        minutes += (30 if said["half"].endswith("half") else 15) if hours else 0.5
    minutes += int(said.get("more") or 0)
    ahead = timedelta(minutes=minutes)
    if ahead > MAX_AHEAD:
        return Ask("That is very far away.")
    then = now + ahead
    return Moment(then.replace(second=0, microsecond=0))


def counted_day(text: str, today: date) -> DayOutcome:
    """Read «in 3 days»; a bare «3 days» may be how long it takes, so it asks."""
    found = _SPAN.fullmatch(text)
    if not found:
        return None
    day = _ahead(today, found["count"], found["unit"])
    if isinstance(day, Ask):
        return day
    if found["lead"] is None and found["tail"] is None:
        return Ask("That sounds like how long, not when.", (day,))
    return Day(day)


def anchored_parts(text: str) -> tuple[str, str, str] | None:
    """Take «2 weeks from Friday» apart: count, unit, «Friday»."""
    found = _WEEK_DAY.fullmatch(text)
    if found:
        return found["count"], "week", found["anchor"]
    found = _FROM.fullmatch(text)
    if found and found["anchor"] not in ("now", "today"):
        return found["count"], found["unit"], found["anchor"]
    return None


def ahead_of(anchor: date, count: str, unit: str) -> DayOutcome:
    """A day counted from another."""
    day = _ahead(anchor, count, unit)
    return day if isinstance(day, Ask) else Day(day)


def _ahead(start: date, count: str, unit: str) -> date | Ask:
    number = _count(count)
    if number != int(number):
        return Ask("Half of that is no whole day.")
    if number > {"day": 3_660, "week": 520, "fortnight": 260, "month": 120, "year": 10}[unit]:
        return Ask("That is very far away.")
    whole = int(number)
    match unit:
        case "month":
            return start + relativedelta(months=whole)
        case "year":
            return start + relativedelta(years=whole)
        case "fortnight":
            return start + timedelta(weeks=2 * whole)
        case "week":
            return start + timedelta(weeks=whole)
    return start + timedelta(days=whole)


def _count(said: str) -> float:
    if said.startswith("half"):
        return 0.5
    return 1 if said in ("a", "an") else int(said)
