"""Days by name: today, tomorrow, weekdays, weeks and their ends."""

import re
from datetime import date, timedelta

from mcp_tasks.date_reading import Ask, Day, DayOutcome
from mcp_tasks.date_vocabulary import WEEKDAY, WEEKDAYS

_SATURDAY, _SUNDAY = 5, 6
_SOON = 3
"""Within so many days «next Monday» may mean the coming one or the one after."""

_FIXED = {
    "today": 0,
    "tonight": 0,
    "end of day": 0,
    "end of the day": 0,
    "eod": 0,
    "close of business": 0,
    "later today": 0,
    "tomorrow": 1,
    "today week": 7,
    "tomorrow week": 8,
    "day after tomorrow": 2,
    "the day after tomorrow": 2,
    "overmorrow": 2,
    "yesterday": -1,
    "day before yesterday": -2,
    "the day before yesterday": -2,
}
_END_OF_DAY = re.compile(
    r"\b(?:by )?(?:the )?(?:end of(?: the)? (?:business )?(?:day|business)|eod|close of business|cob)\b(?: on)?"
)


def named_day(text: str, today: date) -> DayOutcome:
    """Read a day by name, or say None when these words are no such name."""
    if text in _FIXED:
        return Day(today + timedelta(days=_FIXED[text]), said_past=_FIXED[text] < 0)
    found = re.fullmatch(rf"(?P<week>next week|this week) (?:on )?{WEEKDAY}", text)
    if found:
        text = f"{found['weekday']} {found['week']}"
    return _weekday(text, today) or _after_next(text, today) or _week(text, today)


def without_end_of_day(text: str) -> str:
    """«Friday» from «end of day on Friday», «today» from «close of business»: a due day lasts until its end."""
    day = " ".join(_END_OF_DAY.sub(" ", text).split())
    return re.sub(r"^(?:on|of) ", "", day) or "today"


def coming(weekday: int, today: date) -> date:
    """The first such day after today."""
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _weekday(text: str, today: date) -> DayOutcome:
    found = re.fullmatch(
        rf"(?:(?P<which>this coming|the coming|coming|this|next|last|the) )?{WEEKDAY}"
        r"(?: (?P<week>this week|next week|week|fortnight|of this week|of next week))?",
        text,
    )
    if not found:
        return None
    weekday = WEEKDAYS.index(found["weekday"])
    name = found["weekday"].capitalize()
    first = coming(weekday, today)
    which, week = found["which"], found["week"]
    if week is not None:
        return None if which not in (None, "the") else _in_week(week.removeprefix("of "), weekday, today)
    if which == "last":
        return Ask(f"Last {name} has passed.", (first,))
    if which == "next":
        return _next(name, first, today)
    if weekday == today.weekday() and which != "next":
        return Ask(f"Today is {name}.", (today, first))
    return Day(first)


def _next(name: str, first: date, today: date) -> DayOutcome:
    """«Next Friday» is the coming one for some and the one after for others, unless both agree."""
    monday = today - timedelta(days=today.weekday())
    # On a Sunday the week has begun for some.
    same_week = first < monday + timedelta(days=7) or today.weekday() == _SUNDAY
    if (first - today).days == 7:  # said on that very day: both mean a week from now
        return Day(first)
    if same_week or (first - today).days < _SOON:
        return Ask(f"Next {name} can mean two days.", (first, first + timedelta(days=7)))
    return Day(first)


def _after_next(text: str, today: date) -> DayOutcome:
    """«The Friday after next» is one week or two after the coming one."""
    found = re.fullmatch(rf"(?:the )?(?:{WEEKDAY}|(?P<week>week)) after next", text)
    if not found:
        return None
    if found["week"]:
        monday = today - timedelta(days=today.weekday()) + timedelta(days=14)
        return Ask("That week has several days.", (monday, monday + timedelta(days=4)))
    first = coming(WEEKDAYS.index(found["weekday"]), today)
    return Ask("That can mean two days.", (first + timedelta(days=7), first + timedelta(days=14)))


def _in_week(week: str, weekday: int, today: date) -> DayOutcome:
    monday = today - timedelta(days=today.weekday())
    this = monday + timedelta(days=weekday)
    if week == "week":  # British: «Friday week» is a week after the coming Friday
        if weekday == today.weekday():
            return Day(today + timedelta(days=7))
        return Day(coming(weekday, today) + timedelta(days=7))
    if week == "fortnight":
        return Day(coming(weekday, today) + timedelta(days=14))
    if week == "this week":
        return (
            Day(this)
            if this >= today
            else Ask("That day of this week has passed.", (this + timedelta(days=7),))
        )
    following = this + timedelta(days=7)
    if weekday == _SUNDAY or today.weekday() == _SUNDAY:
        # Weeks begin on Sunday for some and on Monday for others.
        other = following - timedelta(days=7) if weekday == _SUNDAY else following + timedelta(days=7)
        days = sorted({day for day in (following, other) if day > today})
        return Ask("Weeks begin on different days for different people.", tuple(days))
    return Day(following)


def _week(text: str, today: date) -> DayOutcome:
    """A week or a weekend is several days: ask for one."""
    saturday = today + timedelta(days=(_SATURDAY - today.weekday()) % 7)
    if today.weekday() == _SUNDAY:
        saturday = today - timedelta(days=1)
    monday = today - timedelta(days=today.weekday()) + timedelta(days=7)
    match re.sub(r"^(?:the|over the|at the) ", "", text):
        case "weekend" | "this weekend" | "end of the weekend" | "coming weekend" | "this coming weekend":
            days = (saturday, saturday + timedelta(days=1))
            return Ask("The weekend has two days.", tuple(day for day in days if day >= today))
        case "next weekend":
            following = saturday + timedelta(days=7)
            if today >= saturday:
                return Ask("The weekend has two days.", (following, following + timedelta(days=1)))
            return Ask("Next weekend can mean several days.", (saturday, following))
        case "end of week" | "end of the week" | "end of this week" | "this week":
            friday, sunday = monday - timedelta(days=3), monday - timedelta(days=1)
            days = (friday, sunday)
            return Ask("A week ends on different days.", tuple(day for day in days if day >= today))
        case (
            "next week"
            | "end of next week"
            | "early next week"
            | "beginning of next week"
            | "start of next week"
        ):
            return Ask("Next week has several days.", (monday, monday + timedelta(days=4)))
    return None
