"""How to say by which rule a task repeats: «every second week on Monday», «every month on the last day»."""

from typing import Any, Final

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


def spoken_rule(rrule: str) -> str:
    """Say a stored rule."""
    rule: dict[str, list[Any]] = {name: list(value) for name, value in vRecur.from_ical(rrule).items()}
    said = _every(_UNITS[str(rule["FREQ"][0])], int(rule.get("INTERVAL", [1])[0]))
    days = [str(day) for day in rule.get("BYDAY", [])]
    months = [_MONTHS[int(month) - 1] for month in rule.get("BYMONTH", [])]
    on = _on(days, [int(day) for day in rule.get("BYMONTHDAY", [])], rule.get("BYSETPOS"))
    if rule["FREQ"][0] == "WEEKLY" and on and said == "every week":
        said = "every weekday" if days == _WORKDAYS else f"every {on}"
    elif on:
        said = f"{said} on {on}"
    if months:
        said = f"{said} in {_and(months)}" if not on else f"{said} of {_and(months)}"
    if "COUNT" in rule:
        said = f"{said}, {int(rule['COUNT'][0])} times"
    if "UNTIL" in rule:
        end = rule["UNTIL"][0]
        said = f"{said}, until {end:%B} {ordinal(end.day)}, {end.year}"
    return said


def _every(unit: str, interval: int) -> str:
    return {1: f"every {unit}", 2: f"every second {unit}"}.get(interval, f"every {interval} {unit}s")


def _on(days: list[str], month_days: list[int], places: list[Any] | None) -> str:
    if month_days:
        if places == [-1] and month_days == list(range(28, month_days[-1] + 1)):
            return "the last day" if month_days[-1] == 31 else f"the {ordinal(month_days[-1])}"
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
