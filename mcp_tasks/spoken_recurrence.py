"""How to say by which rule a task repeats: «every other Monday», «the last day of every month»."""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from icalendar import vRecur

from mcp_tasks.spoken import ordinal

_UNITS: Final = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}
_DAYS: Final = {
    "MO": "Monday",
    "TU": "Tuesday",
    "WE": "Wednesday",
    "TH": "Thursday",
    "FR": "Friday",
    "SA": "Saturday",
    "SU": "Sunday",
}
_MONTHS: Final = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
]  # fmt: skip
_WORKDAYS: Final = ["MO", "TU", "WE", "TH", "FR"]


def spoken_rule(rrule: str, zone: ZoneInfo) -> str:
    """Say a stored rule; its end by the clock of this zone."""
    rule: dict[str, list[Any]] = {name: list(value) for name, value in vRecur.from_ical(rrule).items()}
    frequency, interval = str(rule["FREQ"][0]), int(rule.get("INTERVAL", [1])[0])
    every = _every(_UNITS[frequency], interval)
    days = [str(day) for day in rule.get("BYDAY", [])]
    on = _on(days, [int(day) for day in rule.get("BYMONTHDAY", [])], rule.get("BYSETPOS"))
    months = [_MONTHS[int(month) - 1] for month in rule.get("BYMONTH", [])]
    if not on:
        said = f"{every} in {_and(months)}" if months else every
    elif frequency == "YEARLY":
        said = f"{every} on {on}{f' of {_and(months)}' if months else ''}"
    elif frequency == "MONTHLY":
        said = f"{on} of {every}"
    elif days == _WORKDAYS and interval == 1:
        said = "every weekday"
    elif interval == 1 or (interval == 2 and len(days) == 1):
        said = f"{'every' if interval == 1 else 'every other'} {on}"
    else:
        said = f"{every} on {on}"
    if "COUNT" in rule:
        count = int(rule["COUNT"][0])
        said = f"{said}, {f'{count} times' if count > 1 else 'once'}"
    if "UNTIL" in rule:
        end = rule["UNTIL"][0]
        if isinstance(end, datetime) and end.tzinfo is not None:
            end = end.astimezone(zone)
        said = f"{said}, until {end:%B} {ordinal(end.day)}, {end.year}"
    return said


def _every(unit: str, interval: int) -> str:
    return {1: f"every {unit}", 2: f"every other {unit}"}.get(interval, f"every {interval} {unit}s")


def _on(days: list[str], month_days: list[int], places: list[Any] | None) -> str:
    if month_days:
        if places == [-1] and month_days == list(range(28, month_days[-1] + 1)):
            return (
                "the last day" if month_days[-1] == 31 else f"the {ordinal(month_days[-1])}, or the last day,"
            )
        return _and([_place(day, "day") if day < 0 else f"the {ordinal(day)}" for day in month_days])
    if days and places and len(places) == 1:
        kind = "weekday" if days == _WORKDAYS else _and([_day(day) for day in days])
        return _place(int(places[0]), kind)
    return _and([_day(day) for day in days])


def _day(day: str) -> str:
    place = day[:-2]
    name = _DAYS[day[-2:]]
    return _place(int(place), name) if place else name


def _place(place: int, name: str) -> str:
    if place == -1:
        return f"the last {name}"
    return f"the {ordinal(place)} {name}" if place > 0 else f"the {ordinal(-place)} {name} from the end"


def _and(parts: list[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)
