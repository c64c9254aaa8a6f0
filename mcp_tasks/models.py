"""Tables of the task server. Every row belongs to one owner, and the owner leads every key."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    column,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The room's own tables; names of constraints are fixed so that migrations can find them."""

    metadata = MetaData(naming_convention=NAMES)


class Instant(TypeDecorator[datetime]):
    """A moment in UTC. SQLite drops the zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC whatever zone came in; a naive time is a bug."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read it back as an aware UTC time."""
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


_WHERE: dict[str, dict[str, Any]] = {
    name: {f"{dialect}_where": column(name).is_not(None) for dialect in ("sqlite", "postgresql")}
    for name in ("completed_at", "list_key", "uid")
}
"""Most tasks are open, on no list and not imported: their rows cost these indexes nothing."""


_BY_PHONE: dict[str, Any] = {f"{dialect}_where": column("by_phone") for dialect in ("sqlite", "postgresql")}


class TaskRow(Base):
    """One task."""

    __tablename__ = "tasks"
    __table_args__ = (
        # The moment stands at its end so that the overdue are counted from the index alone.
        Index(
            "ix_tasks_owner_status_due", "owner", "status", "due_key", "created_at", "number", "due_instant"
        ),
        Index("ix_tasks_owner_completed", "owner", "completed_at", **_WHERE["completed_at"]),
        Index("ix_tasks_owner_list", "owner", "list_key", "status", **_WHERE["list_key"]),
        Index("ix_tasks_owner_title", "owner", "title_key"),
        Index("uq_tasks_owner_uid", "owner", "uid", unique=True, **_WHERE["uid"]),
        Index("ix_tasks_by_phone", "due_key", **_BY_PHONE),
        Index("uq_tasks_number", "number", unique=True),
    )

    owner: Mapped[str] = mapped_column(String(200), primary_key=True)
    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    notes: Mapped[str] = mapped_column(Text)
    search_text: Mapped[str] = mapped_column(Text)
    """Title, notes, list and tags case-folded: SQLite's lower() knows ASCII only."""
    due: Mapped[str | None] = mapped_column(String(19))
    """ISO date, or ISO local date and time in `time_zone`; text, so that both sort by day."""
    due_instant: Mapped[datetime | None] = mapped_column(Instant())
    """The moment of a due with a clock time; null for a mere date."""
    due_words: Mapped[str | None] = mapped_column(String(200))
    time_zone: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(Instant())
    completed_at: Mapped[datetime | None] = mapped_column(Instant())
    version: Mapped[int] = mapped_column(Integer)
    """Counts up with every change, undo included."""
    updated_at: Mapped[datetime] = mapped_column(Instant())
    priority: Mapped[str] = mapped_column(String(6))
    list_name: Mapped[str] = mapped_column(String(50))
    tags: Mapped[list[str]] = mapped_column(JSON)
    by_phone: Mapped[bool] = mapped_column(server_default=false())
    """Its owner wants to be called when it is due. Whether anybody calls is not this server's affair."""
    rrule: Mapped[str | None] = mapped_column(String(200))
    """By which rule it repeats: RFC 5545, the value of an RRULE."""
    repeats_from: Mapped[str | None] = mapped_column(String(19))
    """The due that the series began with, in the form of `due`: one occurrence may be moved, the series stays."""
    uid: Mapped[str | None] = mapped_column(String(255))
    """The UID that it came with from another program."""

    # What follows is made from the rest by `derived.derive`, for indexes.
    due_key: Mapped[str] = mapped_column(String(19))
    """`due`, or a word that sorts behind every date: an index cannot put null last on both databases."""
    list_key: Mapped[str | None] = mapped_column(String(100))
    title_key: Mapped[str] = mapped_column(Text)
    """The title as it sounds."""
    words: Mapped[str] = mapped_column(Text)
    """All words as they sound, a blank before and behind each."""
    sounds: Mapped[str] = mapped_column(Text)
    """A rough key of each word's sound, in the same form."""
    number: Mapped[int] = mapped_column(BigInteger)
    """What the full-text index calls the task: SQLite's own rowids change when it vacuums."""


class ChangeRow(Base):
    """One change of a task. What it replaced is words of its owner's: kept for as long as it can be undone."""

    __tablename__ = "tasks_changes"
    __table_args__ = (Index("ix_tasks_changes_owner", "owner", "id"),)

    owner: Mapped[str] = mapped_column(String(200))
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    task_id: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime] = mapped_column(Instant(), index=True)
    version_after: Mapped[int] = mapped_column(Integer)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """The task as it was; null when the change made it, or is too old to be undone."""
    what: Mapped[str] = mapped_column(String(200))
    """The names of the fields that an update changed, with blanks between them."""
    made: Mapped[str | None] = mapped_column(String(16))
    """The id of the next occurrence, which a completion made."""


class OperationRow(Base):
    """The first answer to a request with an operation id, written with its effect in one transaction."""

    __tablename__ = "tasks_operations"

    owner: Mapped[str] = mapped_column(String(200), primary_key=True)
    operation_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    """SHA-256 of tool and arguments: one id can only ever mean one request."""
    answer: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(Instant(), index=True)
