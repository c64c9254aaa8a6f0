"""The dialogues: who says what, which tasks are there before, and what has to be there in the end (talks/README.md)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

HELD_OUT: Final = "held_out"
FORENOON: Final = 9
"""The hour at which all callers call: a bare hour, «today» and «tomorrow» mean the same whenever the bench runs."""

Kind = Literal[
    "correction",
    "ordinal",
    "tie",
    "homophone",
    "recurrence",
    "title date",
    "confirmation",
    "bulk",
    "long list",
    "change of mind",
]

_PLACE = re.compile(r"\{(?P<form>day|date|short) ?\+ ?(?P<days>\d+)\}")
_DUE = re.compile(r"\+(?P<days>\d+)(?: (?P<clock>\d\d:\d\d))?")


def _short(value: object) -> object:
    """«buy milk | +2» is a title and its due."""
    if not isinstance(value, str):
        return value
    title, _, due = (part.strip() for part in value.partition(" | "))
    return {"title": title, "due": due or None}


class Entry(BaseModel):
    """A task as it is written in a dialogue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    due: str | None = None
    """«+2» days from today, «+2 17:00», or none."""
    status: Literal["open", "done"] = "open"
    priority: str = "normal"
    list_name: str = Field(default="", alias="list")
    notes: str = ""
    rrule: str | None = None
    repeats: str = ""
    """Words for its due and rule, of a task that is there before."""

    def due_on(self, today: date) -> str | None:
        """ISO, as the task server gives it. Raises ValueError for what is no due."""
        if self.due is None:
            return None
        found = _DUE.fullmatch(self.due)
        if found is None:
            raise ValueError(f"no due: {self.due}")
        day = (today + timedelta(days=int(found["days"]))).isoformat()
        return f"{day}T{found['clock']}:00" if found["clock"] else day


class Says(BaseModel):
    """A turn of the caller's, and words that our answer to it must have."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    says: str
    hears: list[str] = []
    """Regular expressions, each of which is found in the answer, whatever its case."""


Written = Annotated[Entry, BeforeValidator(_short)]


class Dialogue(BaseModel):
    """One conversation. What it does not allow to be deleted or completed must never be, not even for a moment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    kind: Kind
    provokes: bool = False
    """Whether it tries to bring about a wrong deletion or completion."""
    before: list[Written] = []
    talk: list[
        Annotated[Says, BeforeValidator(lambda said: {"says": said} if isinstance(said, str) else said)]
    ]
    after: list[Written]
    """The whole store in the end, done tasks too."""
    may_delete: list[Written] = []
    may_complete: list[Written] = []
    never: list[str] = []
    """Tools that must not change anything, by name."""
    held_out: bool = False


def dialogues(today: date) -> list[Dialogue]:
    """All of them, with the days of the week that their words mean on a day."""
    folder = files("cli.bench.dialogues") / "talks"
    tables = sorted(
        (each for each in folder.iterdir() if each.name.endswith(".yaml")), key=lambda one: one.name
    )
    return [
        Dialogue.model_validate(_dated(entry, today) | {"held_out": table.name.startswith(HELD_OUT)})
        for table in tables
        for entry in yaml.safe_load(table.read_text("utf-8"))
    ]


def zone_in_the_forenoon(now: datetime) -> ZoneInfo:
    """A zone where it is nine o'clock or some minutes later."""
    ahead = (FORENOON - now.astimezone(UTC).hour + 11) % 24 - 11
    return ZoneInfo(f"Etc/GMT{-ahead:+d}") if ahead else ZoneInfo("Etc/GMT")


def _dated(entry: dict[str, Any], today: date) -> dict[str, Any]:
    return {key: _with_days(value, today) for key, value in entry.items()}


def _with_days(value: Any, today: date) -> Any:
    if isinstance(value, dict):
        return _dated(value, today)
    if isinstance(value, list):
        return [_with_days(each, today) for each in value]
    return _PLACE.sub(lambda found: _day(found, today), value) if isinstance(value, str) else value


def _day(found: re.Match[str], today: date) -> str:
    day = today + timedelta(days=int(found["days"]))
    match found["form"]:
        case "day":
            return f"{day:%A}"
        case "short":
            return f"{day:%a}".upper()[:2]
        case _:
            return f"{day:%B} {day.day}"


def kinds(all_of_them: list[Dialogue]) -> Iterator[Kind]:
    """Each kind once, in the order in which they first come."""
    yield from dict.fromkeys(each.kind for each in all_of_them)
