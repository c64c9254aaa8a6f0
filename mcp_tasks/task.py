"""The shapes of answers: what a client of the task server reads."""

from datetime import datetime, timedelta
from functools import cache
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field, SerializerFunctionWrapHandler, model_serializer

View = Literal["today", "week", "overdue", "all", "done", "changed"]
ChangeKind = Literal["create", "update", "complete", "delete"]
Priority = Literal["high", "normal", "low"]
Group = Literal["overdue", "today", "week", "later", "no_date"]
Match = Literal["exact", "sound", "words", "similar"]

UNDO_FOR: Final = timedelta(minutes=10)
"""For so long a change can be taken back."""


class Sparing(BaseModel):
    """Leaves out optional fields that say nothing: a model is paid for every word that it reads."""

    @model_serializer(mode="wrap")
    def _without_silence(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        told: dict[str, Any] = handler(self)
        for name, default in _optional(type(self)):
            if getattr(self, name) == default:
                del told[name]
        return told


@cache
def _optional(kind: type[BaseModel]) -> tuple[tuple[str, Any], ...]:
    """The optional fields of a model with what they are when nobody says."""
    fields = kind.model_fields.items()
    return tuple((name, field.get_default()) for name, field in fields if not field.is_required())


class Task(Sparing):
    """One task of the caller's."""

    id: Annotated[str, Field(description="Short opaque id, for the other tools; never read it out.")]
    title: str
    notes: str
    due: Annotated[
        str | None,
        Field(description="ISO date, or ISO local date and time in `time_zone`; null without one."),
    ]
    """A moment is told by the caller's own clock, whose zone `time_zone` then is."""
    due_words: Annotated[str | None, Field(description="The caller's own words about the date.")]
    due_spoken: Annotated[str | None, Field(description="How to say the due date.")]
    time_zone: str
    status: Literal["open", "done"]
    created_at: datetime
    completed_at: datetime | None
    version: Annotated[int, Field(description="Counts up with every change.")]
    priority: Priority = "normal"
    list_name: Annotated[str, Field(description="The list that it is on.")] = ""
    tags: list[str] = []
    by_phone: Annotated[bool, Field(description="The person is called when it is due.")] = False
    rrule: Annotated[str | None, Field(description="By which rule it repeats: RFC 5545, RRULE.")] = None
    repeats: Annotated[str | None, Field(description="How to say that rule.")] = None


class Change(Sparing):
    """One thing that was changed."""

    kind: ChangeKind
    at: datetime
    task_id: str
    title: str
    what: Annotated[list[str], Field(description="The fields that an update changed.")] = []
    was: Annotated[
        dict[str, str | None] | None,
        Field(description="What an update replaced; known while it can be undone."),
    ] = None


class TaskList(Sparing):
    """An answer also when it is empty: `total` 0 means that there are no such tasks."""

    tasks: list[Task]
    total: Annotated[int, Field(description="How many tasks match; `tasks` may hold fewer.")]
    view: View
    today: Annotated[str, Field(description="The caller's own date of today, ISO.")]
    groups: Annotated[
        dict[Group, int] | None,
        Field(description="How many tasks are in each group, in the order of `tasks`."),
    ] = None
    summary: Annotated[str | None, Field(description="What to say of a list too long to read out.")] = None
    match: Annotated[Match | None, Field(description="How well the best task fits `query`.")] = None
    meant: Annotated[str | None, Field(description="Id of the one task that `query` clearly means.")] = None
    question: Annotated[
        str | None, Field(description="To ask when one task is needed and none is clearly meant.")
    ] = None
    changes: Annotated[list[Change] | None, Field(description="View changed: latest first.")] = None


class TaskChanged(Sparing):
    """The task after the change (for a deletion: as it was)."""

    task: Task
    changed: Annotated[bool, Field(description="False when the task already was as asked.")]
    repeated: Annotated[bool, Field(description="True when this very request had been answered before.")]
    next: Annotated[Task | None, Field(description="What comes next of a task that repeats.")] = None
    also_there: Annotated[
        str | None, Field(description="Id of an open task that had the new one's title and due before.")
    ] = None


class Undone(BaseModel):
    """What was taken back."""

    undone: ChangeKind
    task: Annotated[Task, Field(description="The task as it is now; for an undone creation, as it was.")]
    repeated: bool
