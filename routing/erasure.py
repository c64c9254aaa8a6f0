"""The journal loses a name: amounts stay, and nothing says any more whose they were."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from routing.erased import note_erasure, take_turn
from routing.journal import journal_errors
from routing.models import EntryRow, SubjectRow

NOBODY: Final = "s_" + "f" * 24
"""In the form of a subject, and none: nothing is counted of it. For questions about who is not in the journal."""


async def known_subject(engine: AsyncEngine, user_id: str) -> str | None:
    """Give the id under which the journal knows a user, if it does. Raises JournalDownError."""
    with journal_errors():
        async with engine.connect() as connection:
            found = select(SubjectRow.subject).where(SubjectRow.user_id == user_id)
            return (await connection.execute(found)).scalar_one_or_none()


async def forget_name(engine: AsyncEngine, user_id: str) -> dict[str, int]:
    """Delete whose a subject is, and what happened in their calls. Amounts and decisions stay, and are counted.

    For a day the journal makes no name of theirs anew, whatever comes late. Raises JournalDownError.
    """
    with journal_errors():
        async with engine.begin() as connection:
            await take_turn(connection, user_id)
            await note_erasure(connection, user_id)
            found_name = select(SubjectRow.subject).where(SubjectRow.user_id == user_id)
            subject = await connection.scalar(found_name)
            kept = events = 0
            if subject is not None:
                theirs = (EntryRow.subject == subject) & (EntryRow.kind == "event")
                events = (await connection.execute(delete(EntryRow).where(theirs))).rowcount
                found = select(func.count()).select_from(EntryRow).where(EntryRow.subject == subject)
                kept = await connection.scalar(found) or 0
            done = await connection.execute(delete(SubjectRow).where(SubjectRow.user_id == user_id))
    return {"names": done.rowcount, "events of calls": events, "entries kept without a name": kept}


async def events_of(engine: AsyncEngine, user_id: str) -> AsyncIterator[dict[str, Any]]:
    """Give what happened in each call of a user, oldest first. Raises JournalDownError."""
    subject = await known_subject(engine, user_id)
    theirs = (EntryRow.subject == subject) & (EntryRow.kind == "event")
    query = (
        select(EntryRow.call_id, EntryRow.details).where(theirs).order_by(EntryRow.at_ms, EntryRow.operation)
    )
    with journal_errors():
        async with engine.connect() as connection:
            async for call_id, details in await connection.stream(query):
                for each in details.get("events", ()):
                    yield {"call_id": call_id} | each


async def money_of(engine: AsyncEngine, user_id: str) -> list[dict[str, Any]]:
    """Give what each call of a user cost, µ$, oldest first. Raises JournalDownError."""
    subject = await known_subject(engine, user_id)
    if subject is None:
        return []
    total = func.coalesce(func.sum(EntryRow.microdollars), 0)
    query = (
        select(EntryRow.call_id, func.min(EntryRow.at_ms), total)
        .where(EntryRow.subject == subject, EntryRow.kind == "charge")
        .group_by(EntryRow.call_id)
        .order_by(func.min(EntryRow.at_ms))
    )
    with journal_errors():
        async with engine.connect() as connection:
            rows = (await connection.execute(query)).all()
    return [{"call_id": call_id, "began_ms": at, "microdollars": int(amount)} for call_id, at, amount in rows]
