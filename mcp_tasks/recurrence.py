"""Tasks that repeat: a rule (RFC 5545, RRULE) and the due date that comes next by it.

A series keeps its start: the place of the occurrence that is open, or of the one after it where that was moved to before
its place. One occurrence may be moved, or done late, and the others stay where they were. All reckoning is in wall-clock
time, so nine o'clock stays nine o'clock over a change of the clocks.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from dateutil import tz
from dateutil.rrule import rrulestr
from icalendar import vRecur

from mcp_tasks.due import Due
from mcp_tasks.errors import TaskError

MAX_RRULE: Final = 200
_AHEAD: Final = timedelta(days=366 * 30)
"""A rule with no occurrence for so long has none, or none that anybody waits for; 29 February comes within eight."""
_PARTS: Final = {
    "DAILY": frozenset({"BYDAY"}),
    "WEEKLY": frozenset({"BYDAY"}),
    "MONTHLY": frozenset({"BYDAY", "BYMONTHDAY", "BYSETPOS"}),
    "YEARLY": frozenset({"BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS"}),
}
"""What may narrow each frequency. Others say what nobody says of a task, and some of those never come true."""
_ALWAYS: Final = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"})
_MOST: Final = {"INTERVAL": 999, "COUNT": 9999}
_LAST_YEARS: Final = datetime(9950, 1, 1)
"""dateutil looks for an occurrence until the year 9999; from here it finds out soon whether there can be one."""
_NOT_A_RULE: Final = TaskError("invalid", "That is not a way to repeat a task.")


def clean_rrule(raw: str) -> str:
    """Return a rule's value in one spelling; raises TaskError `invalid`.

    Days, weeks, months and years may repeat; a task that comes by the hour or oftener is none.
    """
    text = raw.strip().removeprefix("RRULE:")
    if not text or len(text) > MAX_RRULE:
        raise _NOT_A_RULE
    try:
        rule: dict[str, list[Any]] = dict(vRecur.from_ical(text))
        told: str = _value(rule)
        possible = _is_said_of_tasks(rule) and _can_come(rule)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError) as error:
        raise _NOT_A_RULE from error
    if not possible:
        raise _NOT_A_RULE
    return told


def _is_said_of_tasks(rule: dict[str, list[Any]]) -> bool:
    narrowing = {name.upper() for name in rule} - _ALWAYS
    if len(rule["FREQ"]) != 1 or rule["FREQ"][0] not in _PARTS or narrowing - _PARTS[rule["FREQ"][0]]:
        return False
    if "COUNT" in rule and "UNTIL" in rule:
        return False
    if any(not 1 <= int(rule[name][0]) <= most for name, most in _MOST.items() if name in rule):
        return False
    # «Every third day, but only Mondays» may never come.
    return not (rule["FREQ"][0] == "DAILY" and narrowing and rule.get("INTERVAL", [1]) != [1])


def _can_come(rule: dict[str, list[Any]]) -> bool:
    """Whether any day fits: the 30th of February does not."""
    bare = {name: value for name, value in rule.items() if name not in ("COUNT", "UNTIL", "INTERVAL")}
    return next(iter(rrulestr(_value(bare), dtstart=_LAST_YEARS)), None) is not None


def _value(rule: dict[str, list[Any]]) -> str:
    written: bytes = vRecur(rule).to_ical()  # type: ignore[no-untyped-call]
    return written.decode()


class Occurrence(NamedTuple):
    """One of a series, and the series from there on."""

    due: Due
    rrule: str
    start: str
    """Its place, as stored: on the wall's clock, also where the clocks jump over it."""


def next_occurrence(rrule: str, start: str, due: str, *, local: datetime) -> Occurrence | None:
    """The one after `due`, and not in the past; None when the series has ended.

    `start` and `due` are as stored (ISO date, or ISO local date and time), `local` is now on the clock of whoever
    did the task, whose zone the new due is in. A time that the clocks jump over moves by as much as they do
    (RFC 5545, section 3.3.10); one that comes twice is the first.
    """
    first = datetime.fromisoformat(start)
    timed = _is_timed(start)
    floor = datetime.fromisoformat(due)
    now = local.replace(tzinfo=None) if timed else datetime.combine(local.date(), time(0))
    zone = _aware(local.tzinfo)
    for number, at in enumerate(_occurrences(rrule, first, zone, until=max(floor, now) + _AHEAD)):
        if at > floor and (at > now if timed else at >= now):
            due_then = Due(_on_the_clock(at, zone) if timed else at.date())
            return Occurrence(due_then, _without_first(rrule, number), _stored(at, timed=timed))
    return None


def rest_of(rrule: str, start: str, zone: ZoneInfo) -> tuple[str, str] | None:
    """The series behind its start: its rule and its start, as stored; None when nothing of it is left.

    Who has an occurrence sooner has had it: it does not come once more where it would have been.
    """
    first = datetime.fromisoformat(start)
    for number, at in enumerate(_occurrences(rrule, first, zone, until=first + _AHEAD)):
        if at > first:
            return _without_first(rrule, number), _stored(at, timed=_is_timed(start))
    return None


def _is_timed(stored: str) -> bool:
    return len(stored) > len("2026-11-27")


def _stored(at: datetime, *, timed: bool) -> str:
    return (at if timed else at.date()).isoformat()


def _without_first(rrule: str, number: int) -> str:
    """A rule of a series that begins so many occurrences later."""
    rule: dict[str, list[Any]] = dict(vRecur.from_ical(rrule))
    if "COUNT" not in rule:
        return rrule
    rule["COUNT"] = [int(rule["COUNT"][0]) - number]
    return _value(rule)


def _occurrences(rrule: str, first: datetime, zone: ZoneInfo, *, until: datetime) -> Any:
    """Every occurrence in wall-clock time, in order, up to `until` at most."""
    rule: dict[str, list[Any]] = dict(vRecur.from_ical(rrule))
    end = until
    for last in rule.pop("UNTIL", []):
        end = min(end, _wall(last, zone))
    count = int(rule.pop("COUNT", [0])[0])
    if end < first:
        return
    bounded = f"{_value(rule)};UNTIL={end:%Y%m%dT%H%M%S}"
    for number, at in enumerate(rrulestr(bounded, dtstart=first)):
        if count and number >= count:
            return
        yield at


def _wall(last: date | datetime, zone: ZoneInfo) -> datetime:
    """The end of a rule in wall-clock time; a mere date is in as a whole."""
    if not isinstance(last, datetime):
        return datetime.combine(last, time.max).replace(microsecond=0)
    return last.astimezone(zone).replace(tzinfo=None) if last.tzinfo else last


def _on_the_clock(at: datetime, zone: ZoneInfo) -> datetime:
    when: datetime = tz.resolve_imaginary(at.replace(tzinfo=zone))
    return when.astimezone(UTC).astimezone(zone)


def _aware(zone: Any) -> ZoneInfo:
    if not isinstance(zone, ZoneInfo):
        raise TypeError("a caller's clock has a named zone")
    return zone
