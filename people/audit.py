"""What was done to accounts and, by admins, to the books, by whom and when: for the person themselves and for who runs the product. No words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, cast

from pydantic import BaseModel, ConfigDict
from sqlalchemy import CursorResult, delete, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from people.models import AuditRow

Event = Literal[
    "account.made",
    "account.changed",
    "account.erased",
    "account.exported",
    "books.settled",
    "consent.given",
    "consent.taken_back",
    "password.changed",
    "phone.linked",
    "pin.blocked",
    "pin.changed",
    "plan.changed",
    "reminder_calls.allowed",
    "reminder_calls.stopped",
    "role.changed",
    "sign_in",
    "sign_out",
    "words.read",
]

SELF: Final = "self"
"""The actor where people do it to their own account."""


class AuditEntry(BaseModel):
    """One thing that was done. `user_id` is null when the account has been erased since."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    at: datetime
    user_id: str | None
    actor: str
    event: str
    details: str


def note(
    session: AsyncSession, user_id: str | None, event: Event, *, actor: str = SELF, details: str = ""
) -> None:
    """Add an entry to a transaction, so that what is done and the note of it are one.

    `details` holds names of fields and of plans, and of who was erased a digest; never what a person wrote.
    """
    session.add(
        AuditRow(at=datetime.now(UTC), user_id=user_id, actor=actor[:64], event=event, details=details[:200])
    )


class Audit:
    """The trail. On the engine of `People`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._session = async_sessionmaker(engine, expire_on_commit=False)

    async def note(self, user_id: str | None, event: Event, *, actor: str = SELF, details: str = "") -> None:
        """Add an entry that stands alone; without a person where it is nobody's account that it concerns."""
        async with self._session.begin() as session:
            note(session, user_id, event, actor=actor, details=details)

    async def entries(self, user_id: str | None = None, *, limit: int = 1000) -> list[AuditEntry]:
        """Give the newest entries, of a person or of everybody, the oldest of them first."""
        query = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
        if user_id is not None:
            query = query.where(AuditRow.user_id == user_id)
        async with self._session() as session:
            rows = list(await session.scalars(query))
        return [AuditEntry.model_validate(row) for row in reversed(rows)]

    async def all_of(self, user_id: str, *, at_once: int = 1000) -> AsyncIterator[AuditEntry]:
        """Give every entry of a person, the oldest first, read so many at once."""
        after = 0
        while True:
            query = select(AuditRow).where(AuditRow.user_id == user_id, AuditRow.id > after)
            async with self._session() as session:
                rows = list(await session.scalars(query.order_by(AuditRow.id).limit(at_once)))
            for row in rows:
                yield AuditEntry.model_validate(row)
            if len(rows) < at_once:
                return
            after = rows[-1].id

    async def forget_older_than(self, days: int) -> int:
        """Delete everybody's entries that are older; how many there were."""
        before = datetime.now(UTC) - timedelta(days=days)
        async with self._session.begin() as session:
            done = await session.execute(delete(AuditRow).where(AuditRow.at < before))
            return cast("CursorResult[Any]", done).rowcount
