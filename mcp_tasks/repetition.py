"""How often something comes back, as an RFC 5545 rule and in words."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Final, Literal

from dateutil.rrule import rrulestr

from mcp_tasks.date_vocabulary import MONTHS, WEEKDAYS
from mcp_tasks.spoken import ordinal

Frequency = Literal["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]
CODES: Final = tuple(day[:2].upper() for day in WEEKDAYS)
"""MO to SU, in the order of `date.weekday`."""
WORKDAYS: Final = CODES[:5]
WEEKEND: Final = CODES[5:]
_UNITS: Final = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}


@dataclass(frozen=True, slots=True)
class Repetition:
    """What comes back. Without days («every week») it still needs a first day to be whole."""

    frequency: Frequency
    interval: int = 1
    weekdays: tuple[str, ...] = ()
    """RFC 5545 codes, with a place in the month where they have one: FR, 1MO, -1FR."""
    monthdays: tuple[int, ...] = ()
    """1 to 31; -1 is the last day."""
    months: tuple[int, ...] = ()
    place: int | None = None
    """The first (1) or last (-1) of all these days in a month."""

    @property
    def whole(self) -> bool:
        """Whether it says on which days."""
        return self.frequency == "DAILY" or bool(self.weekdays or self.monthdays)

    def on_the_day_of(self, first: date) -> "Repetition":
        """Fill in the days from the first one."""
        match self.frequency:
            case "WEEKLY":
                return replace(self, weekdays=(CODES[first.weekday()],))
            case "MONTHLY":
                return replace(self, monthdays=(first.day,))
            case "YEARLY":
                return replace(self, months=(first.month,), monthdays=(first.day,))
        return self

    @property
    def rule(self) -> str:
        """The value of an RRULE, without an end."""
        parts = [f"FREQ={self.frequency}"]
        if self.months:
            parts.append("BYMONTH=" + ",".join(map(str, self.months)))
        if self.monthdays:
            parts.append("BYMONTHDAY=" + ",".join(map(str, self.monthdays)))
        if self.weekdays:
            parts.append("BYDAY=" + ",".join(self.weekdays))
        if self.place is not None:
            parts.append(f"BYSETPOS={self.place}")
        if self.interval > 1:
            parts.append(f"INTERVAL={self.interval}")
        return ";".join(parts)

    def days_from(self, start: date, count: int) -> list[date]:
        """The first occurrences on or after `start`; fewer when there are none within sight.

        Counting begins at the first: «every other Friday» said on a Saturday begins in six days, not in thirteen.
        """
        opening = datetime.combine(start, time())
        first = rrulestr(replace(self, interval=1).rule, dtstart=opening).after(opening, inc=True)
        if first is None:
            return []
        return [each.date() for each in rrulestr(f"{self.rule};COUNT={count}", dtstart=first)]

    @property
    def spoken(self) -> str:
        """«every other Friday», «the last day of every month»."""
        unit = _UNITS[self.frequency]
        every = {1: f"every {unit}", 2: f"every other {unit}"}.get(
            self.interval, f"every {self.interval} {unit}s"
        )
        if self.place is not None:
            return f"the {'last' if self.place < 0 else 'first'} weekday of {every}"
        if self.frequency == "WEEKLY" and self.weekdays:
            return self._weekly(every)
        days = [_monthday(day) for day in sorted(self.monthdays, key=lambda day: day % 32)]
        days = days or _placed(self.weekdays)
        if not days:
            return every
        if self.frequency == "YEARLY":
            return self._yearly(every, days)
        return f"{_listed(days)} of {every}{self._where_there_is_one()}"

    def _yearly(self, every: str, days: list[str]) -> str:
        if len(self.months) > 1:
            return f"{_listed(days)} of every quarter"
        month = MONTHS[self.months[0] - 1].capitalize()
        if self.monthdays and self.monthdays[0] > 0:
            return f"{every}{self._where_there_is_one()} on {month} {ordinal(self.monthdays[0])}"
        return f"{every} on {days[0]} of {month}"

    def _where_there_is_one(self) -> str:
        """RFC 5545 leaves out the months, and years, without such a day."""
        skips = max(self.monthdays, default=0) > (28 if self.months in ((), (2,)) else 31)
        return " that has one" if skips else ""

    def _weekly(self, every: str) -> str:
        if self.weekdays == WORKDAYS and self.interval == 1:
            return "every weekday"
        names = _listed([WEEKDAYS[CODES.index(code)].capitalize() for code in self.weekdays])
        if self.interval == 1:
            return f"every {names}"
        if self.interval == 2 and len(self.weekdays) == 1:
            return f"every other {names}"
        return f"{every} on {names}"


def _monthday(day: int) -> str:
    return "the last day" if day == -1 else f"the {ordinal(day)}"


def _placed(codes: tuple[str, ...]) -> list[str]:
    """«the 2nd and 4th Tuesday»: all of one weekday."""
    places = [int(code[:-2]) for code in codes]
    said = _listed(["last" if place == -1 else ordinal(place) for place in places]) if places else ""
    return [f"the {said} {WEEKDAYS[CODES.index(codes[0][-2:])].capitalize()}"] if places else []


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
