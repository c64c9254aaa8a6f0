"""Days of the calendar: «November 27th», «the 27th», «27/11», month ends, the first Monday of a month."""

import re
from calendar import monthrange
from datetime import date, timedelta

from mcp_tasks.date_reading import Ask, Day, DayOutcome
from mcp_tasks.date_vocabulary import MONTH, MONTHS, WEEKDAY, WEEKDAYS, YEAR, month_number, year_number
from mcp_tasks.holidays import easter_holiday, fixed_holiday
from mcp_tasks.spoken import ordinal

FAR = timedelta(days=300)
"""A date without a year that has just passed hardly means next year: past this it asks."""
MAX_YEARS_AHEAD = 10
MAX_HOUR = 12
"""A bare number up to this may be an hour."""

_SUFFIX = r"(?:st|nd|rd|th)"
_DAY_MONTH = re.compile(
    rf"(?:the )?(?P<day>\d\d?){_SUFFIX}?(?: day)?(?: of)? {MONTH}(?:(?: of| in)? {YEAR})?"
)
_MONTH_DAY = re.compile(rf"{MONTH} (?:the )?(?P<day>\d\d?){_SUFFIX}?(?:(?: of| in)? {YEAR})?")
_MONTHS_NEAR = "next month|this month|the month|the next month|the current month"
_DAY_ALONE = re.compile(
    rf"(?:the )?(?P<day>\d\d?)(?:{_SUFFIX}(?: day)?(?:(?: of)? (?P<which>{_MONTHS_NEAR}))?|(?: of) (?P<bare>{_MONTHS_NEAR}))"
)
_ISO = re.compile(r"(?P<year>\d{4})[-/.](?P<m>\d\d?)[-/.](?P<d>\d\d?)")
_NUMERIC = re.compile(r"(?P<a>\d\d?)(?P<sep>[/.-])(?P<b>\d\d?)(?:(?P=sep)(?P<y>\d{4}|\d\d))?")
_NTH_WEEKDAY = re.compile(
    rf"(?:the )?(?P<nth>1st|2nd|3rd|4th|5th|last) {WEEKDAY} (?:of|in) "
    rf"(?:(?P<which>next month|this month|the month|the next month)|{MONTH}(?: {YEAR})?)"
)
_END = re.compile(
    rf"(?:the )?(?:very )?(?:end|last day|last) (?:of|in) (?:(?P<which>the month|this month|next month|month|the year|"
    rf"this year|next year|year|the quarter|this quarter|quarter)|{MONTH}(?: {YEAR})?)|"
    r"(?P<short>months? end|end month|year end|quarter end)"
)
_WORKDAY = re.compile(
    rf"(?:the )?(?P<nth>1st|last) (?:working day|work day|business day|week ?day) (?:of|in) "
    rf"(?:(?P<which>next month|this month|the month|the next month)|{MONTH}(?: {YEAR})?)"
)
_VAGUE = re.compile(
    rf"(?:(?P<edge>the beginning of|beginning of|the start of|start of|early|middle of|the middle of|mid|late|in) )?"
    rf"(?:(?P<which>(?:the )?month after next|next month|this month|the month|(?<=mid )month|next year)|"
    rf"{MONTH}(?: {YEAR})?)"
)


def calendar_day(text: str, today: date) -> DayOutcome:
    """Read a day of the calendar, or say None when these words are none."""
    fixed, moving = fixed_holiday(text), easter_holiday(text, today)
    if fixed is not None:
        return _without_year(*fixed, today)
    if moving is not None:
        return Day(moving)
    found = _DAY_MONTH.fullmatch(text) or _MONTH_DAY.fullmatch(text)
    if found:
        return _month_day(month_number(found["month"]), int(found["day"]), found["year"], today)
    text = re.sub(r"^(next month|this month) (?:on )?(the \d.*)$", r"\2 of \1", text)
    found = _DAY_ALONE.fullmatch(text)
    if found:
        return _day_of_month(int(found["day"]), found["which"] or found["bare"], today)
    for form, read in (
        (_ISO, _iso),
        (_NUMERIC, _numeric),
        (_NTH_WEEKDAY, _nth),
        (_WORKDAY, _workday),
        (_END, _end),
        (_VAGUE, _vague),
    ):
        found = form.fullmatch(text)
        if found:
            return read(found, today)
    return _with_weekday(text, today)


def _month_day(month: int, day: int, year: str | None, today: date) -> DayOutcome:
    if year is None:
        return _without_year(month, day, today)
    exact = _date(year_number(year), month, day)
    if exact is None:
        return _no_such_day(month, day)
    return _bounded(exact, today, said_past=True)


def _without_year(month: int, day: int, today: date) -> DayOutcome:
    if day > monthrange(2024, month)[1] or day == 0:
        return _no_such_day(month, day)
    this = _date(today.year, month, day)
    if this is not None and this >= today:
        return Day(this)
    following = _date(today.year + 1, month, day)
    if following is not None and following - today <= FAR:
        return Day(following)
    if following is not None and this is not None:
        return Ask(f"{MONTHS[month - 1].capitalize()} {ordinal(day)} has passed this year.", (following,))
    # 29 February: neither this year's nor next year's exists.
    leap = next(year for year in range(today.year + 1, today.year + 9) if monthrange(year, 2)[1] == 29)
    near = date(today.year + (today > date(today.year, 2, 28)), 2, 28)
    return Ask("That year has no February 29th.", (near, date(leap, 2, 29)))


def _day_of_month(day: int, which: str | None, today: date) -> DayOutcome:
    first = today.replace(day=1)
    following = _next_month(first)
    if not 1 <= day <= 31:
        return Ask("No month has such a day.")
    name = f"{ordinal(day)}"
    if which is not None:
        month = following if "next" in which else first
        exact = _date(month.year, month.month, day)
        if exact is None:
            return Ask(f"That month has no {name}.", (_last_of(month),))
        return (
            Day(exact)
            if exact >= today
            else Ask(f"The {name} of this month has passed.", _existing(following, day))
        )
    if day == today.day:
        return Ask(f"Today is the {name}.", (today, *_existing(following, day)))
    if day > today.day:
        exact = _date(first.year, first.month, day)
        if exact is not None:
            return Day(exact)
        return Ask(f"This month has no {name}.", (_last_of(first), *_existing(following, day)))
    exact = _date(following.year, following.month, day)
    if exact is not None:
        return Day(exact)
    return Ask(f"Next month has no {name}.", (_last_of(following), *_existing(_next_month(following), day)))


def _iso(found: re.Match[str], today: date) -> DayOutcome:
    exact = _date(int(found["year"]), int(found["m"]), int(found["d"]))
    return Ask("There is no such date.") if exact is None else _bounded(exact, today, said_past=False)


def _numeric(found: re.Match[str], today: date) -> DayOutcome:
    """11/27 and 27/11 are one day; 3/4 is two, and nobody says which country's."""
    a, b, year = int(found["a"]), int(found["b"]), found["y"]
    said = str(year) if year is None or len(year) == 4 else f"20{year}"
    readings: list[Day] = []
    asked: list[Ask] = []
    orders = ((b, a),) if found["sep"] == "." else ((a, b), (b, a))  # dots: day first, where they are used
    for month, day in dict.fromkeys(orders):
        if not 1 <= month <= 12 or not 1 <= day <= monthrange(2024, month)[1]:
            continue
        one = _month_day(month, day, said if year else None, today)
        (readings if isinstance(one, Day) else asked).append(one)  # type: ignore[arg-type]
    days = sorted({day.on for day in readings} | {day for one in asked for day in one.days})
    if len(readings) == 1 and not asked:
        return readings[0]
    if not days:
        return asked[0] if asked else Ask("There is no such date.")
    return Ask("Those numbers can be read in more than one way.", tuple(days))


def _nth(found: re.Match[str], today: date) -> DayOutcome:
    weekday = WEEKDAYS.index(found["weekday"])
    month = _month_said(found, today)
    day = _nth_of(month, found["nth"], weekday)
    if day is not None and day < today and found["month"] and not found["year"]:
        month = month.replace(year=month.year + 1)
        day = _nth_of(month, found["nth"], weekday)
        if day is not None and day - today > FAR:
            return Ask("That day has passed this year.", (day,))
    if day is None:
        return Ask("That month has no such day.")
    if day >= today:
        return Day(day)
    later = None if found["month"] else _nth_of(_next_month(month), found["nth"], weekday)
    return Ask("That day has passed.", () if later is None else (later,))


def _nth_of(month: date, nth: str, weekday: int) -> date | None:
    first = month + timedelta(days=(weekday - month.weekday()) % 7)
    days = [first + timedelta(weeks=week) for week in range(5)]
    inside = [day for day in days if day.month == month.month]
    if nth == "last":
        return inside[-1]
    return inside[int(nth[0]) - 1] if int(nth[0]) <= len(inside) else None


def _workday(found: re.Match[str], today: date) -> DayOutcome:
    """Monday to Friday; nobody says which holidays hold."""
    month = _month_said(found, today)
    days = [month + timedelta(days=each) for each in range(_last_of(month).day)]
    day = [each for each in days if each.weekday() < 5][0 if found["nth"] == "1st" else -1]
    return Day(day) if day >= today else Ask("That day has passed.")


def _end(found: re.Match[str], today: date) -> DayOutcome:
    which = found["which"] or found["short"] or ""
    if "quarter" in which:
        return Day(_last_of(date(today.year, 3 * ((today.month + 2) // 3), 1)))
    if "year" in which:
        return Day(date(today.year + ("next" in which), 12, 31))
    month = _month_said(found, today)
    if _last_of(month) < today:
        return Ask("That month has passed.", (_last_of(month.replace(year=today.year + 1)),))
    return _bounded(_last_of(month), today, said_past=False)


def _vague(found: re.Match[str], today: date) -> DayOutcome:
    if found["which"] == "next year":
        return Ask("Next year has many days.", (date(today.year + 1, 1, 1),))
    month = _month_said(found, today)
    edge = found["edge"] or ""
    if _last_of(month) < today:
        return Ask("That month has passed; which day do you mean?")
    if (
        month <= today
        and re.search("beginning|start|early|mid", edge)
        and today.day > 15 - 14 * ("mid" not in edge)
    ):
        month = _next_month(month)  # this month's has passed
    middle, last = month.replace(day=15), _last_of(month)
    days = (month,) if re.search("beginning|start|early", edge) else (month, last)
    days = (middle,) if "mid" in edge else (last,) if edge == "late" else days
    return Ask("A month has many days.", tuple(day for day in days if day >= today))


def _with_weekday(text: str, today: date) -> DayOutcome:
    """«Friday the 27th»: both must agree."""
    found = re.fullmatch(rf"{WEEKDAY} (?:on |the )?(?P<rest>.*\d.*)", text) or re.fullmatch(
        rf"(?P<rest>.*\d.*?) (?:on )?(?:a )?{WEEKDAY}", text
    )
    if not found or re.search("|".join(WEEKDAYS), found["rest"]):
        return None
    leading = text.startswith(found["rest"])
    rest = found["rest"].removeprefix("the ")
    bare = re.fullmatch(r"\d\d?", rest)
    if bare or (re.fullmatch(r"\d(?:st|nd|rd|th)", rest) and leading):
        if int(rest[:2] if bare else rest[0]) <= MAX_HOUR:
            # «Friday five» is the fifth or five o'clock, «first Friday» is of which month?
            return Ask("That can mean more than one day or time.")
        rest = f"{rest}th"
    outcome = calendar_day(rest, today)
    weekday = WEEKDAYS.index(found["weekday"])
    if outcome is None:
        return None
    days = (outcome.on,) if isinstance(outcome, Day) else outcome.days
    fitting = tuple(day for day in days if day.weekday() == weekday)
    if len(fitting) == 1:  # the weekday settles which of the days was meant
        return Day(fitting[0], said_past=isinstance(outcome, Day) and outcome.said_past)
    nearest = today + timedelta(days=(weekday - today.weekday()) % 7)
    return Ask(f"That day is no {found['weekday'].capitalize()}.", tuple(sorted({*days, nearest})))


def _month_said(found: re.Match[str], today: date) -> date:
    """The first of the month that was named; a month that has passed is next year's."""
    first = today.replace(day=1)
    if found["month"] is None:
        months = {"month after next": 2, "next month": 1}
        ahead = next((count for name, count in months.items() if name in (found["which"] or "")), 0)
        for _ in range(ahead):
            first = _next_month(first)
        return first
    month = month_number(found["month"])
    if found["year"]:
        return date(year_number(found["year"]), month, 1)
    return date(today.year + (month < today.month), month, 1)


def _no_such_day(month: int, day: int) -> Ask:
    return Ask(f"{MONTHS[month - 1].capitalize()} has no {ordinal(day)}.")


def _bounded(day: date, today: date, *, said_past: bool) -> DayOutcome:
    if day.year > today.year + MAX_YEARS_AHEAD:
        return Ask("That is very far away.")
    return Day(day, said_past=said_past)


def _existing(month: date, day: int) -> tuple[date, ...]:
    exact = _date(month.year, month.month, day)
    return () if exact is None else (exact,)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _last_of(month: date) -> date:
    return month.replace(day=monthrange(month.year, month.month)[1])


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)
