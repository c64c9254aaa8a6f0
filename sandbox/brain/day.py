"""Which tasks are due on a day that was named: «tomorrow», «on Friday». Used to pick from a list, never to set a date."""

import re
from collections.abc import Callable
from datetime import date, timedelta

from sandbox.brain.due_phrase import without_lead
from sandbox.brain.transcript import Task

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NEAR = {"today": 0, "tonight": 0, "tomorrow": 1, "the day after tomorrow": 2, "day after tomorrow": 2}
_FRONT = re.compile(r"^(?:the |my )?(?:(?:one|task) )?(?:(?:that is|that's|which is) )?")
_BACK = re.compile(r"(?:'s)?(?: one| task)?$")
_WEEKDAY = re.compile(rf"(?:this |the )?({'|'.join(_WEEKDAYS)})")


def days_of(words: str, today: date) -> Callable[[date], bool] | None:
    """The test for the days that `words` name; None when they name no day that is understood here."""
    said = words.strip().casefold()
    for _ in range(2):
        said = without_lead(_BACK.sub("", _FRONT.sub("", said))).strip()
    if said in _NEAR:
        wanted = today + timedelta(days=_NEAR[said])
        return lambda day: day == wanted
    if said in {"next week", "the next week"}:
        monday = today + timedelta(days=7 - today.weekday())
        return lambda day: monday <= day < monday + timedelta(days=7)
    if said in {"this weekend", "the weekend", "weekend"}:
        saturday = today + timedelta(days=(5 - today.weekday()) % 7)
        return lambda day: saturday <= day <= saturday + timedelta(days=1)
    if weekday := _WEEKDAY.fullmatch(said):
        wanted = today + timedelta(days=(_WEEKDAYS.index(weekday[1]) - today.weekday()) % 7)
        return lambda day: day == wanted
    return None


def due_on(words: str, tasks: list[Task], today: str) -> list[Task] | None:
    """The tasks due on the day that `words` name, seen from `today` (ISO); None when no such day is understood."""
    try:
        days = days_of(words, date.fromisoformat(today[:10]))
    except ValueError:
        return None
    if days is None:
        return None
    return [task for task in tasks if (due := _day(task)) and days(due)]


def _day(task: Task) -> date | None:
    try:
        return date.fromisoformat((task.due or "")[:10])
    except ValueError:
        return None
