"""Words for what comes back: «every other Friday», «on the last day of each month», «weekdays».

A phrase with any such word is a repetition or a question, never a single day.
"""

import re
from dataclasses import dataclass
from typing import Final

from mcp_tasks.date_vocabulary import MONTHS, WEEKDAYS, month_number
from mcp_tasks.holidays import fixed_holiday
from mcp_tasks.repetition import CODES, WEEKEND, WORKDAYS, Frequency, Repetition

_DAY = "|".join(WEEKDAYS)
_DAYS = rf"(?:{_DAY})s|week ?days|weekends"
_PARTS = r"(?<!\d )(?:morning|afternoon|evening|night)s"
_MARKS = re.compile(
    rf"\b(?:every\w*|each|daily|nightly|weekly|fortnightly|monthly|quarterly|yearly|annually|hourly|alternate|"
    rf"(?:bi|semi) ?(?:weekly|monthly|annually|yearly)|{_DAYS}|{_PARTS}|repeat\w*|recurring|recurs?|"
    r"(?:once|twice|\d+ times) (?:an?|per|in an?) (?:hour|day|week|fortnight|month|year))\b"
)
_TOO_OFTEN = re.compile(r"\b(?:hourly|hours?|minutes?|seconds?|(?:twice|\d+ times) (?:an?|per|in an?) \w+)\b")
_SKIPPING = re.compile(r"\b(?:that|which) (?:has|have) (?:one|1|it|them)\b")
"""«The 31st of every month that has one» says what «the 31st of every month» leaves open."""
_TIMES_A_WEEK = re.compile(r"\b(?P<n>twice|[2-6] times) (?:an?|per|every) week\b")
_TWO_WAYS = re.compile(r"\b(?:bi|semi) ?(?:weekly|monthly|annually|yearly)\b")
_RANGE = re.compile(rf"(?:from )?\b(?P<first>{_DAY})s? (?:to|through|thru) (?P<last>{_DAY})s?\b")
_END = r"(?:until|till|through|up to|ending|ends|up until)(?: on)?"
_START = r"(?:starting|beginning|effective|as of|from|begin(?:ning)?|start)(?! of)(?: (?:on|from|with))?"
_LASTING = re.compile(
    r"\b(?:for )?(?P<times>\d{1,3}) times\b(?! an?\b| per\b)|"
    r"\bfor (?:the )?(?:next )?(?P<count>\d{1,3}|an?) (?P<unit>day|week|fortnight|month|year)s?\b"
)
_SPELT: Final = (
    (r"\bevery ?day(?: of the week)?\b", "every day"),
    (r"\ball (?=every)", ""),
    (r"\beach\b|\bevery single\b|\ball the\b", "every"),
    (r"\b(?:once )?(?:an?|per|in an?|every) (?=(?:\d+ )?(?:day|week|fortnight|month|year)s?\b)", "every "),
    (r"\bonce every\b", "every"),
    (r"\b(?:daily|nightly)\b", "every day"),
    (r"\b(?:fortnightly|every fortnight)\b", "every 2 week"),
    (r"\bevery (\d+|other) fortnights?\b", "fortnights"),
    (r"\bweekly\b", "every week"),
    (r"\bmonthly\b", "every month"),
    (r"\bquarterly\b", "every quarter"),
    (r"\b(?:yearly|annually)\b", "every year"),
    (r"\bevery alternate\b|\balternate\b", "every other"),
    (r"\b(?:working|work|business|week) ?days?\b", "workday"),
    (r"\bweekends?\b", "weekend"),
    (r"\b(?:very )?(?:last day|end)(?: of)?(?= (?:the|every|of|this|month|quarter)|$)", "lastday"),
    (r"\b(?:beginning|start)(?: of)?(?= (?:the|every|month))|\b1st day(?= (?:of|every|the|month))", "1st"),
)
_EVERY_UNIT = re.compile(
    r"\bevery(?: (?:(?P<n>\d{1,3})(?:st|nd|rd|th)?|(?P<other>other)))? (?P<unit>day|week|month|quarter|year)s?\b"
)
_EVERY = re.compile(r"\bevery\b(?P<other> other\b)?")
_FILLERS = re.compile(r"\b(?:the|an?|on|in|of|and|at|repeat\w*|recurring|recurs?|it|a task)\b")
_UNITS: Final[dict[str, Frequency]] = {
    "day": "DAILY",
    "week": "WEEKLY",
    "month": "MONTHLY",
    "quarter": "MONTHLY",
    "year": "YEARLY",
}
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?")
_SHORTEST_MONTH = 28
_QUARTERS = {(-1,): (3, 6, 9, 12), (1,): (1, 4, 7, 10)}
"""The months in which a quarter ends, and begins."""
_MAX_INTERVAL = 60
_NOT_CAUGHT = "I did not catch how it repeats. On which days should it come back?"


@dataclass(frozen=True, slots=True)
class Unclear:
    """How it repeats was not understood, or can be meant in more than one way."""

    why: str
    options: tuple[Repetition, ...] = ()


Lasting = tuple[int, str]
"""How many, of what: day, week, fortnight, month, year, or time."""


@dataclass(frozen=True, slots=True)
class RepetitionWords:
    """A phrase taken apart: what comes back, from when, until when, how long."""

    core: str
    start: str = ""
    end: str = ""
    lasting: Lasting | None = None


def repeats(text: str) -> bool:
    """Whether a plain phrase speaks of coming back."""
    return _MARKS.search(text) is not None


def spelt_out(text: str) -> str:
    """«Fridays» as «every friday», «mornings» as «every morning», «monday to friday» as five days."""

    def days(found: re.Match[str]) -> str:
        first, last = WEEKDAYS.index(found["first"]), WEEKDAYS.index(found["last"])
        return " ".join(WEEKDAYS[(first + each) % 7] for each in range((last - first) % 7 + 1))

    text = re.sub(r"\bnightly\b", "every night", _RANGE.sub(days, text))
    text = re.sub(r"\beach (?=morning|afternoon|evening|night)", "every ", text)
    every = "" if re.search(r"\b(?:every|each|daily|weekly|monthly|yearly|alternate)\b", text) else "every "
    text = re.sub(rf"\b(?:{_DAYS}|{_PARTS})\b", lambda found: f"{every}{found[0][:-1]}", text, count=1)
    return re.sub(rf"\b(?:{_DAYS}|{_PARTS})\b", lambda found: found[0][:-1], text)


def taken_apart(text: str) -> RepetitionWords:
    """Split off start, end and length; the clock time has been taken out before."""
    lasting: Lasting | None = None
    found = _LASTING.search(text)
    if found:
        count = found["times"] or found["count"]
        lasting = (1 if count in ("a", "an") else int(count), found["unit"] or "time")
        text = f"{text[: found.start()]}{text[found.end() :]}"
    text = re.sub(rf"\b({_START} (?:(?!every|each).)+?) to (?=\S)", r"\1 until ", text)
    pieces = re.split(rf"\b({_START}|{_END})\b", text)
    core, said = pieces[0], {"start": "", "end": ""}
    for word, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        mark = re.search(r"\b(?:every|each|daily|weekly|monthly|yearly|annually|fortnightly)\b", piece)
        kind = "end" if re.fullmatch(_END, word) else "start"
        said[kind] += (piece[: mark.start()] if mark else piece).strip()
        core += f" {piece[mark.start() :]}" if mark else ""
    return RepetitionWords(" ".join(core.split()), said["start"], said["end"], lasting)


def repetition(core: str) -> Repetition | Unclear:
    """Read what comes back, without clock time, start and end."""
    core, skips = _SKIPPING.subn(" ", core)
    times = _TIMES_A_WEEK.search(core)
    if times and (2 if times["n"] == "twice" else int(times["n"][0])) == len(
        re.findall(rf"\b(?:{_DAY})\b", core)
    ):
        core = f"every week {core[: times.start()]} {core[times.end() :]}"
    if _TOO_OFTEN.search(core):
        return Unclear(
            "A task comes back once a day at most, on days that you name. On which days should it come back?"
        )
    if _TWO_WAYS.search(core):
        return Unclear("That can be twice, or every other time. On which days should it come back?")
    for pattern, spelling in _SPELT:
        core = re.sub(pattern, spelling, core)
    unit = _EVERY_UNIT.search(core)
    every = unit or _EVERY.search(core)
    if every is None:
        return Unclear(_NOT_CAUGHT)
    interval = 2 if every["other"] else int(unit["n"] or 1) if unit else 1
    if not 1 <= interval <= _MAX_INTERVAL:
        return Unclear(_NOT_CAUGHT)
    what = _FILLERS.sub(" ", f"{core[: every.start()]} {core[every.end() :]}")
    what = " ".join(re.sub(rf"\bevery (?={_DAY}\b|$)|\bevery (?=\d|last)", "", f"{what.strip()} ").split())
    found = _Core(unit["unit"] if unit else None, interval, what).read()
    if skips and isinstance(found, Unclear) and found.options:
        return found.options[-1]
    return found


@dataclass(frozen=True, slots=True)
class _Core:
    """«every 2 weeks» and what is left: «friday»."""

    unit: str | None
    interval: int
    what: str

    def read(self) -> Repetition | Unclear:
        for one in (self._bare, self._weekdays, self._dated, self._monthdays, self._placed):
            found = one()
            if found is not None:
                return found
        return Unclear(_NOT_CAUGHT)

    def _bare(self) -> Repetition | None:
        if self.what or self.unit is None:
            return None
        return Repetition(_UNITS[self.unit], self.interval * (3 if self.unit == "quarter" else 1))

    def _weekdays(self) -> Repetition | Unclear | None:
        """«every monday and thursday», «every day except sunday»."""
        left_out = re.fullmatch(rf"(?:except|but|excluding)(?: for)? ((?:{_DAY}|s|weekend| )+)", self.what)
        if left_out:
            out = _codes(left_out[1])
            kept = tuple(code for code in CODES if code not in (out or CODES))
            return (
                Repetition("WEEKLY", weekdays=kept)
                if self.unit == "day" and self.interval == 1 and kept
                else None
            )
        codes = _codes(self.what)
        if not codes:
            return None
        if self.unit in (None, "week") or (self.unit == "day" and self.interval == 1):
            return Repetition("WEEKLY", self.interval, weekdays=codes)
        return Unclear(_NOT_CAUGHT)

    def _monthdays(self) -> Repetition | Unclear | None:
        words = self.what.split()
        named = words[-1:] in (["month"], ["quarter"])
        quarter = "quarter" in (self.unit, *words[-1:])
        days = [_monthday(word) for word in (words[:-1] if named else words)]
        if not days or None in days or self.unit not in (None, "month", "quarter"):
            return None
        if named and self.unit not in (None, words[-1]):
            return None
        numbers = tuple(sorted({day for day in days if day is not None}))
        if quarter:
            if numbers not in _QUARTERS or self.interval > 1:
                return Unclear(_NOT_CAUGHT)
            return Repetition("YEARLY", monthdays=numbers, months=_QUARTERS[numbers])
        if not named and self.unit is None and (self.interval > 1 or numbers[0] in (2, 3, 4)):
            return Unclear(_NOT_CAUGHT)
        return on_days_of_the_month(Repetition("MONTHLY", self.interval, monthdays=numbers))

    def _placed(self) -> Repetition | Unclear | None:
        """«1st monday month», «last workday month», «1st monday september»."""
        found = re.fullmatch(
            rf"(?P<places>(?:(?:1st|2nd|3rd|4th|5th|last) )+)(?P<day>{_DAY}|workday)"
            rf"(?: (?P<month>month|{'|'.join(MONTHS)}))?",
            self.what,
        )
        if (
            not found
            or self.unit not in (None, "month", "year")
            or (self.unit == "year") != (found["month"] in MONTHS)
        ):
            return (
                None if not found or found["month"] not in MONTHS or self.unit else self._yearly_place(found)
            )
        if self.unit == "year":
            return self._yearly_place(found)
        places = tuple(-1 if place == "last" else int(place[0]) for place in found["places"].split())
        if 5 in places:
            return Unclear("Most months have no fifth one. On which days should it come back?")
        if found["day"] == "workday":
            if places not in ((1,), (-1,)):
                return Unclear(_NOT_CAUGHT)
            return Repetition("MONTHLY", self.interval, weekdays=WORKDAYS, place=places[0])
        code = CODES[WEEKDAYS.index(found["day"])]
        monthly = Repetition("MONTHLY", self.interval, weekdays=tuple(f"{place}{code}" for place in places))
        if self.unit == "month" or found["month"]:
            return monthly
        if self.interval > 1:
            return Unclear(_NOT_CAUGHT)
        if len(places) > 1 or places in ((1,), (-1,)):
            return monthly
        return Unclear(
            "That can count weeks, or within each month.", (Repetition("WEEKLY", places[0], (code,)), monthly)
        )

    def _yearly_place(self, found: re.Match[str]) -> Repetition | Unclear:
        places = found["places"].split()
        if len(places) > 1 or places[0] == "5th" or found["day"] == "workday":
            return Unclear(_NOT_CAUGHT)
        place = -1 if places[0] == "last" else int(places[0][0])
        code = CODES[WEEKDAYS.index(found["day"])]
        return Repetition(
            "YEARLY", self.interval, (f"{place}{code}",), months=(month_number(found["month"]),)
        )

    def _dated(self) -> Repetition | Unclear | None:
        """«march 3rd», «christmas»."""
        if self.unit not in (None, "year"):
            return None
        month = "|".join(MONTHS)
        found = re.fullmatch(rf"(?P<month>{month}) (?P<day>\S+)|(?P<day2>\S+) (?P<month2>{month})", self.what)
        holiday = fixed_holiday(self.what)
        if holiday:
            return Repetition("YEARLY", self.interval, months=holiday[:1], monthdays=holiday[1:])
        if not found:
            return None
        number, day = (
            month_number(found["month"] or found["month2"]),
            _monthday(found["day"] or found["day2"]),
        )
        if day is None:
            return Unclear(_NOT_CAUGHT)
        longest = 29 if number == 2 else 30 if number in (4, 6, 9, 11) else 31
        if day > longest:
            return Unclear(
                f"{MONTHS[number - 1].capitalize()} has no such day. On which day should it come back?"
            )
        yearly = Repetition("YEARLY", self.interval, months=(number,), monthdays=(day,))
        return leap_day(yearly) if (number, day) == (2, 29) else yearly


def on_days_of_the_month(monthly: Repetition) -> Repetition | Unclear:
    """Ask about the 29th to the 31st: RFC 5545 skips the months that have none."""
    if max(monthly.monthdays) <= _SHORTEST_MONTH:
        return monthly
    if len(monthly.monthdays) > 1:
        return Unclear("Not every month has that day. On which day should it come back?")
    last = Repetition("MONTHLY", monthly.interval, monthdays=(-1,))
    return Unclear("Not every month has that day.", (last, monthly))


def leap_day(yearly: Repetition) -> Unclear:
    """Ask: three years of four have no February 29th."""
    last = Repetition("YEARLY", yearly.interval, months=(2,), monthdays=(-1,))
    return Unclear("Most years have no February 29th.", (last, yearly))


def _codes(words: str) -> tuple[str, ...]:
    """Weekdays of a list, Monday first; none when other words are among them."""
    named: set[str] = set()
    for word in words.split():
        if word in WEEKDAYS:
            named.add(CODES[WEEKDAYS.index(word)])
        elif word in ("workday", "weekend"):
            named |= set(WORKDAYS if word == "workday" else WEEKEND)
        else:
            return ()
    return tuple(code for code in CODES if code in named)


def _monthday(word: str) -> int | None:
    if word == "lastday":
        return -1
    found = _ORDINAL.fullmatch(word)
    return int(found[1]) if found and 1 <= int(found[1]) <= 31 else None
