"""Calls as the journal remembers them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from routing.journal import journal_errors
from routing.models import EntryRow


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call in a line."""

    call_id: str
    subject: str
    first_ms: int
    last_ms: int
    """Unix ms of its first and its last entry; a correction after the call counts."""
    microdollars: int
    decisions: int


async def recent_calls(engine: AsyncEngine, *, since_ms: int, limit: int = 50) -> Sequence[CallRecord]:
    """Read the calls with entries since a time, the last one first. Raises JournalDownError."""
    last = func.max(EntryRow.at_ms)
    query = (
        select(
            EntryRow.call_id,
            func.max(EntryRow.subject),
            func.min(EntryRow.at_ms),
            last,
            func.coalesce(func.sum(case((EntryRow.kind == "charge", EntryRow.microdollars), else_=0)), 0),
            func.sum(case((EntryRow.kind == "decision", 1), else_=0)),
        )
        .where(EntryRow.at_ms >= since_ms)
        .group_by(EntryRow.call_id)
        .order_by(last.desc(), EntryRow.call_id)
        .limit(limit)
    )
    with journal_errors():
        async with engine.connect() as connection:
            rows = (await connection.execute(query)).all()
    return [
        CallRecord(call_id, subject, first, newest, int(microdollars), int(decisions))
        for call_id, subject, first, newest, microdollars, decisions in rows
    ]
