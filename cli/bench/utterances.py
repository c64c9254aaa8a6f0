"""What is said in `bench speech`, and what each utterance means, as data."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

FILE = Path(__file__).with_name("utterances.yaml")
PLACE = re.compile(r"\{(weekday|date):(\d+)\}")
RELATIVE = re.compile(r"^\+(\d+)(T\d{2}:\d{2})?$")


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Seed(_Data):
    """A task that is there before anything is said. `due` is days from today: «+2» or «+2T17:00»."""

    title: str
    due: Annotated[str | None, Field(pattern=RELATIVE.pattern)] = None
    status: Literal["open", "done"] = "open"


class Meaning(_Data):
    """The effect that is meant: on the seed with this title, or a new task."""

    effect: Literal["none", "create", "complete", "delete", "rename", "move", "reopen"]
    task: str | None = None
    """The title before; of the new task for `create`."""
    title: str | None = None
    """The title afterwards, for `rename`."""
    due: Annotated[str | None, Field(pattern=RELATIVE.pattern)] = None
    """For `create` and `move`."""

    @model_validator(mode="after")
    def _complete(self) -> Meaning:
        if (self.effect == "none") != (self.task is None):
            raise ValueError("an effect names its task, and no effect names none")
        if (self.effect == "rename") != (self.title is not None):
            raise ValueError("only a rename has another title afterwards, and it must have one")
        return self


class Utterance(_Data):
    """One thing a person wants, in one spoken sentence or a sentence and its correction."""

    id: str
    kind: Literal["list", "create", "complete", "delete", "rename", "move", "undo", "correct"]
    before: tuple[Seed, ...] = ()
    changed: tuple[Literal["complete", "delete"], str] | None = None
    """Done to a seed just before, so that there is something to undo."""
    say: Annotated[tuple[str, ...], Field(min_length=1)]
    """{weekday:N} and {date:N} stand for the day N days from today, as people say it."""
    agrees: bool = True
    """Whether the speaker says yes when asked to confirm what was meant."""
    means: Meaning
    hears: tuple[str, ...] = ()
    """Titles that the answer must mention."""


@cache
def utterances() -> tuple[Utterance, ...]:
    """All of them, in the order in which they are said. Raises pydantic's ValidationError for broken data."""
    raw = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return tuple(Utterance.model_validate(item) for item in raw)


def spread(count: int) -> tuple[Utterance, ...]:
    """So many utterances, taken evenly over the whole set, so that a short run has every kind in it."""
    every = utterances()
    count = min(count, len(every))
    return tuple(every[index * len(every) // count] for index in range(count))


def words(text: str, today: date) -> str:
    """The sentence with its days filled in."""
    return PLACE.sub(lambda place: _day(place[1], today + timedelta(days=int(place[2]))), text)


def due(relative: str | None, today: date) -> str | None:
    """ISO date, or local date and time, of a due date in days from today."""
    if relative is None:
        return None
    found = RELATIVE.match(relative)
    if found is None:
        raise ValueError(f"{relative!r} is not of the form +2 or +2T17:00")
    day = (today + timedelta(days=int(found[1]))).isoformat()
    return f"{day}{found[2]}:00" if found[2] else day


def _day(kind: str, day: date) -> str:
    if kind == "weekday":
        return day.strftime("%A")
    ending = "th" if 10 <= day.day % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    return f"{day.strftime('%B')} {day.day}{ending}"
