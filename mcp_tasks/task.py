"""The shapes of answers: what a client of the task server reads."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

View = Literal["today", "week", "overdue", "all", "done"]
ChangeKind = Literal["create", "update", "complete", "delete"]


class Task(BaseModel):
    """One task of the caller's."""

    id: Annotated[str, Field(description="Short opaque id, for the other tools; never read it out.")]
    title: str
    notes: str
    due: Annotated[
        str | None,
        Field(description="ISO date, or ISO local date and time in `time_zone`; null without one."),
    ]
    due_words: Annotated[str | None, Field(description="The caller's own words about the date.")]
    due_spoken: Annotated[str | None, Field(description="How to say the due date.")]
    time_zone: str
    status: Literal["open", "done"]
    created_at: datetime
    completed_at: datetime | None
    version: Annotated[int, Field(description="Counts up with every change.")]


class TaskList(BaseModel):
    """An answer also when it is empty: `total` 0 means that there are no such tasks."""

    tasks: list[Task]
    total: Annotated[int, Field(description="How many tasks match; `tasks` may hold fewer.")]
    view: View
    today: Annotated[str, Field(description="The caller's own date of today, ISO.")]


class TaskChanged(BaseModel):
    """The task after the change (for a deletion: as it was)."""

    task: Task
    changed: Annotated[bool, Field(description="False when the task already was as asked.")]
    repeated: Annotated[bool, Field(description="True when this very request had been answered before.")]


class Undone(BaseModel):
    """What was taken back."""

    undone: ChangeKind
    task: Annotated[Task, Field(description="The task as it is now; for an undone creation, as it was.")]
    repeated: bool
