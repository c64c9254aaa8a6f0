"""Tasks as iCalendar (RFC 5545), a VTODO each, for calendars and reminder programs."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component, Todo, vRecur, vText

from mcp_tasks.due import Due
from mcp_tasks.errors import TaskError
from mcp_tasks.portable import PortableTask, known_zone
from mcp_tasks.task import Priority

PRODUCT: Final = "-//voicetasks//Task Manager//EN"
_LIST: Final = "X-VOICETASKS-LIST"
"""RFC 5545 knows no lists: a program that does not know this keeps it."""
_BY_PHONE: Final = "X-VOICETASKS-BY-PHONE"
_SERIES: Final = "X-VOICETASKS-SERIES-FROM"
_TELLING: Final = ("SUMMARY", "DESCRIPTION", "DTSTART", "DUE", "RRULE")
"""What tells a task without a UID from the others."""
_MADE_UP: Final = "@made-up"
_PRIORITIES: Final[dict[Priority, int]] = {"high": 1, "normal": 0, "low": 9}
_DONE: Final = frozenset({"COMPLETED", "CANCELLED"})


class _Text(vText):
    r"""Writes «\N», as in «C:\New», as what it is; the library takes it for the end of a line."""

    def to_ical(self) -> bytes:
        """Escape as RFC 5545, section 3.3.11 has it."""
        escaped = self.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
        return escaped.replace("\r\n", "\n").replace("\n", "\\n").encode()


def to_ical(tasks: Sequence[PortableTask], now: datetime) -> str:
    """All tasks in one calendar; times are local with their zone, as they were said."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    for task in tasks:
        calendar.add_component(_todo(task, now))
    calendar.add_missing_timezones()
    written: bytes = calendar.to_ical()
    return written.decode()


def from_ical(text: str, zone: ZoneInfo) -> list[PortableTask]:
    """The VTODOs of a calendar; `zone` is for times that name none. Raises TaskError `invalid` for what is no calendar.

    Repetitions of one task that were moved (RECURRENCE-ID) are left out: here a series has one open task.
    """
    try:
        calendar = Calendar.from_ical(text)
    except (ValueError, KeyError, IndexError) as error:
        raise TaskError("invalid", "This is not an iCalendar file.") from error
    list_name = _text(calendar, "NAME") or _text(calendar, "X-WR-CALNAME")
    todos = [each for each in calendar.walk("VTODO") if "RECURRENCE-ID" not in each]
    tasks = [_task(each, zone, list_name) for each in todos if isinstance(each, Todo)]
    # Two that are alike, and come without a UID, are two.
    seen = Counter[str]()
    for place, task in enumerate(tasks):
        seen[task.uid] += 1
        if task.uid.endswith(_MADE_UP) and seen[task.uid] > 1:
            tasks[place] = task.model_copy(update={"uid": f"{seen[task.uid]}-{task.uid}"})
    return tasks


def _todo(task: PortableTask, now: datetime) -> Todo:
    todo = Todo()
    todo.add("uid", task.uid)
    todo.add("dtstamp", now.astimezone(UTC))
    todo["SUMMARY"] = _Text(task.title)
    if task.notes:
        todo["DESCRIPTION"] = _Text(task.notes)
    if task.priority != "normal":
        todo.add("priority", _PRIORITIES[task.priority])
    if task.tags:
        todo.add("categories", task.tags)
    if task.list_name:
        todo[_LIST] = _Text(task.list_name)
    if task.by_phone:
        todo[_BY_PHONE] = _Text("TRUE")
    zone = known_zone(task.time_zone, ZoneInfo("UTC"))
    if task.due is not None:
        todo.add("due", _when(task.due, zone))
    if task.rrule is not None and task.due is not None:
        todo.add("rrule", vRecur.from_ical(task.rrule))
        start = task.repeats_from or task.due
        # It must not lie behind DUE (RFC 5545, section 3.8.2.3), as it does where the occurrence was moved to before it.
        todo.add("dtstart", _when(min(start, task.due), zone))
        if start > task.due:
            todo[_SERIES] = _Text(start)
    if task.created_at is not None:
        todo.add("created", task.created_at.astimezone(UTC))
    if task.updated_at is not None:
        todo.add("last-modified", task.updated_at.astimezone(UTC))
    todo.add("status", "COMPLETED" if task.status == "done" else "NEEDS-ACTION")
    if task.completed_at is not None:
        todo.add("completed", task.completed_at.astimezone(UTC))
    return todo


def _task(todo: Todo, zone: ZoneInfo, list_name: str) -> PortableTask:
    start, due = _value(todo, "DTSTART"), _value(todo, "DUE")
    if due is None and start is not None:
        duration = _value(todo, "DURATION")
        due = start + duration if duration is not None else start
    rule = todo.get("RRULE")
    rule = rule[0] if isinstance(rule, list) else rule
    its_zone = _zone_of(due, zone)
    completed = _moment(todo, "COMPLETED")
    done = _text(todo, "STATUS").upper() in _DONE or completed is not None
    modified = _moment(todo, "LAST-MODIFIED") or _moment(todo, "DTSTAMP")
    repeats = rule is not None and due is not None and not done
    return PortableTask(
        uid=_text(todo, "UID")[:255] or _made_up_uid(todo),
        title=_text(todo, "SUMMARY"),
        notes=_text(todo, "DESCRIPTION"),
        due=_due(due, its_zone),
        time_zone=its_zone.key,
        priority=_priority(todo),
        list_name=_text(todo, _LIST) or list_name,
        tags=[str(tag) for tag in todo.categories],
        rrule=_rule(rule) if repeats else None,
        repeats_from=(_text(todo, _SERIES) or _start(start, due, its_zone)) if repeats else None,
        by_phone=_text(todo, _BY_PHONE).upper() == "TRUE" if _BY_PHONE in todo else None,
        status="done" if done else "open",
        created_at=_moment(todo, "CREATED"),
        completed_at=completed or (modified if done else None),
        updated_at=modified,
    )


def _made_up_uid(todo: Todo) -> str:
    """Of a task that comes without one: the same for the same task, so that a file may be taken in again."""
    telling = [str(todo[name].to_ical()) for name in _TELLING if hasattr(todo.get(name), "to_ical")]
    return f"{hashlib.sha256('|'.join(telling).encode()).hexdigest()[:32]}{_MADE_UP}"


def _rule(rule: Any) -> str:
    written: bytes = rule.to_ical()
    return written.decode()


def _start(start: date | datetime | None, due: Any, zone: ZoneInfo) -> str | None:
    """The series' start, in the form of the due: a date for a date."""
    if isinstance(start, datetime) is not isinstance(due, datetime):
        return _due(due, zone)
    return _due(start, zone)


def _when(text: str, zone: ZoneInfo) -> date | datetime:
    if len(text) == len("2026-11-27"):
        return date.fromisoformat(text)
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def _due(value: date | datetime | None, zone: ZoneInfo) -> str | None:
    if value is None:
        return None
    if not isinstance(value, datetime):
        return Due(value).text
    aware = value if value.tzinfo is not None else value.replace(tzinfo=zone)
    return Due(aware.astimezone(zone).replace(second=0, microsecond=0)).text


def _zone_of(value: date | datetime | None, otherwise: ZoneInfo) -> ZoneInfo:
    """The zone that a time names; one in UTC is read on the clock of whoever imports it."""
    zone = value.tzinfo if isinstance(value, datetime) else None
    key = getattr(zone, "key", None)
    return otherwise if key in (None, "UTC") else known_zone(key, otherwise)


def _priority(todo: Component) -> Priority:
    """1 to 4 are high, 5 normal, 6 to 9 low, 0 none (RFC 5545, section 3.8.1.9)."""
    number = int(todo.get("PRIORITY", 0))
    return "normal" if number in (0, 5) else "high" if number < 5 else "low"


def _moment(todo: Component, name: str) -> datetime | None:
    value = _value(todo, name)
    if isinstance(value, datetime):
        return value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    return datetime.combine(value, time(0), UTC) if isinstance(value, date) else None


def _value(todo: Component, name: str) -> Any:
    """The Python value of a property; None when it is not there or cannot be read."""
    found = todo.get(name)
    found = found[0] if isinstance(found, list) else found
    return getattr(found, "dt", None)


def _text(component: Component, name: str) -> str:
    return str(component.get(name, ""))
