"""Days and moments counted from now: «in two weeks», «an hour and a half from now»."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dateutil.relativedelta import relativedelta

from mcp_tasks.date_reading import Ask, Day, DayOutcome
from mcp_tasks.date_vocabulary import WEEKDAYS

MAX_AHEAD = timedelta(days=3_660)
"""Nobody plans a task for later than ten years; past it the number was misheard."""

_COUNT = r"(?P<count>\d{1,5}|an?|half an?)"
_ONE_UNIT = r"(?P<unit>day|week|fortnight|month|year)s?"
_SPAN = re.compile(
    rf"(?:(?P<lead>in|within|in the next|within the next) )?{_COUNT} (?P<unit>day|week|fortnight|month|year)s?"
    r"(?: (?P<tail>from now|from today|time))?"
)
_FROM = re.compile(
    rf"(?:in )?(?:the )?(?:(?P<count>\d{{1,3}}|an?) )?{_ONE_UNIT} (?P<side>from|after|before) (?P<anchor>.+)"
)
_AGO = re.compile(rf"(?P<count>\d{{1,3}}|an?) {_ONE_UNIT} ago")
_ON = re.compile(
    rf"(?P<count>an?|\d) (?P<unit>week|fortnight)s? (?:on )?(?:from )?(?P<anchor>today|tomorrow|{'|'.join(WEEKDAYS)})"
)
_CLOCK_SPAN = re.compile(
    r"(?:in |within )?(?P<count>\d{1,5}(?:\.5)?|an?|half an?) (?P<unit>minute|hour)s?"
    r"(?: (?P<half>and a half|and a quarter)|(?: and)? (?P<more>\d{1,2}) minutes?)?(?: time)?(?P<tail> from now)?"
)
_HALVES = re.compile(
    r"(?:in |within )?(?P<count>\d{1,2}) and a (?P<half>half|quarter) hours?(?: time)?(?P<tail> from now)?"
)
_QUARTERS = re.compile(
    r"(?:in |within )?(?:(?P<quarters>[123]) quarters?|(?P<quarter>a quarter)) of an hour(?P<tail> from now)?"
)


@dataclass(frozen=True, slots=True)
class Anchored:
    """So many units before or after another day."""

    count: str
    unit: str
    anchor: str
    back: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """An exact moment, aware."""

    at: datetime


def counted_moment(text: str, now: datetime) -> Moment | Ask | None:
    """Read «in 2 hours» against the real clock, so that a clock change in between does no harm."""
    found = _CLOCK_SPAN.fullmatch(text) or _HALVES.fullmatch(text) or _QUARTERS.fullmatch(text)
    if not found:
        return None
    if not text.startswith(("in ", "within ")) and not found["tail"]:
        return Ask("That sounds like how long, not when.")
    ahead = timedelta(minutes=_minutes(found.groupdict()))
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


def anchored_parts(text: str) -> Anchored | None:
    """Take «2 weeks from Friday» and «the day before Christmas» apart."""
    found = _ON.fullmatch(text)
    if found:
        return Anchored(found["count"], found["unit"], found["anchor"])
    found = _AGO.fullmatch(text)
    if found:
        return Anchored(found["count"], found["unit"], "today", back=True)
    found = _FROM.fullmatch(text)
    if not found or (
        found["anchor"] in ("now", "today", "tomorrow", "yesterday", "next") and not found["count"]
    ):
        return None  # «the day after tomorrow» is a name
    if found["unit"] != "day" and not found["count"]:
        return None  # «the week before Christmas» is seven days
    anchor = "today" if found["anchor"] == "now" else found["anchor"]
    return Anchored(found["count"] or "a", found["unit"], anchor, back=found["side"] == "before")


def counted_from(anchor: date, parts: Anchored) -> DayOutcome:
    """A day counted from another; «two days ago» says that it is past."""
    day = _ahead(anchor, parts.count, parts.unit, -1 if parts.back else 1)
    return day if isinstance(day, Ask) else Day(day, said_past=parts.back and parts.anchor == "today")


def _minutes(said: dict[str, str | None]) -> float:
    if "quarter" in said:
        return 15 * int(said["quarters"] or 1)
    hours = (said.get("unit") or "hour") == "hour"
    minutes = _count(str(said["count"])) * (60 if hours else 1)
    if said.get("half"):
        minutes += (30 if str(said["half"]).endswith("half") else 15) if hours else 0.5
    return minutes + int(said.get("more") or 0)


def _ahead(start: date, count: str, unit: str, sign: int = 1) -> date | Ask:
    number = _count(count)
    if number != int(number):
        return Ask("Half of that is no whole day.")
    if number > {"day": 3_660, "week": 520, "fortnight": 260, "month": 120, "year": 10}[unit]:
        return Ask("That is very far away.")
    return start + sign * calendar_span(int(number), unit)


def calendar_span(number: int, unit: str) -> relativedelta:
    """So many days, weeks, fortnights, months or years; a month from January 31st is the last of February."""
    match unit:
        case "month":
            return relativedelta(months=number)
        case "year":
            return relativedelta(years=number)
        case "fortnight":
            return relativedelta(weeks=2 * number)
        case "week":
            return relativedelta(weeks=number)
    return relativedelta(days=number)


def _count(said: str) -> float:
    if said.startswith("half"):
        return 0.5
    return 1 if said in ("a", "an") else float(said)
