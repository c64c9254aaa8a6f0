"""A task as it leaves and comes: whole, without what is of this server alone. The shape of the JSON export."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from mcp_tasks.errors import TaskError
from mcp_tasks.models import TaskRow
from mcp_tasks.task import Priority

UID_HOST: Final = "@voicetasks"
"""What the ids of tasks made here end with outside of here."""
MOST_TASKS: Final = 10_000
"""In one file."""


class PortableTask(BaseModel):
    """One task. `due` is an ISO date, or an ISO local date and time in `time_zone`."""

    model_config = ConfigDict(extra="ignore")

    uid: Annotated[str, Field(min_length=1, max_length=255)]
    title: str
    notes: str = ""
    due: str | None = None
    time_zone: str | None = None
    priority: Priority = "normal"
    list_name: str = ""
    tags: list[str] = []
    rrule: str | None = None
    repeats_from: str | None = None
    by_phone: bool | None = None
    """Whether its person is called when it is due; None: the file does not say. Whether they may be is their account's."""
    status: Literal["open", "done"] = "open"
    created_at: AwareDatetime | None = None
    completed_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None


class PortableFile(BaseModel):
    """All tasks of one person."""

    format: Literal["voicetasks"] = "voicetasks"
    tasks: list[PortableTask]


def portable(row: TaskRow) -> PortableTask:
    """A stored task as it leaves."""
    return PortableTask(
        uid=row.uid or f"{row.id}{UID_HOST}",
        title=row.title,
        notes=row.notes,
        due=row.due,
        time_zone=row.time_zone,
        priority=row.priority,  # type: ignore[arg-type]  # the column holds nothing else
        list_name=row.list_name,
        tags=row.tags,
        rrule=row.rrule,
        repeats_from=row.repeats_from,
        by_phone=row.by_phone,
        status="done" if row.status == "done" else "open",
        created_at=row.created_at,
        completed_at=row.completed_at,
        updated_at=row.updated_at,
    )


def to_json(tasks: Sequence[PortableTask]) -> str:
    """The JSON export."""
    return PortableFile(tasks=list(tasks)).model_dump_json(indent=2, exclude_defaults=False)


def from_json(text: str) -> list[PortableTask]:
    """Read a JSON export; raises TaskError `invalid` and says where it is wrong, without repeating what is there."""
    try:
        return TypeAdapter(PortableFile).validate_json(text).tasks
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise TaskError("invalid", f"{where}: {first['msg']}.") from error


def known_zone(name: str | None, otherwise: ZoneInfo) -> ZoneInfo:
    """The zone of that name, or another one where there is none."""
    try:
        return ZoneInfo(name) if name else otherwise
    except (KeyError, ValueError, OSError):
        return otherwise
