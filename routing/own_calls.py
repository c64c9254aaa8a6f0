"""A person's own calls, as the journal has them: when, by which door, what served them, what they cost, how they were liked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from routing.erasure import known_subject
from routing.journal import journal_errors
from routing.late_entries import ended_ms
from routing.models import EntryRow
from routing.ratings import ratings_of

_STACK: Final = ("decision", "stack")
_TIER: Final = ("decision", "tier")
_CHANNEL: Final = ("decision", "inputs", "channel")


@dataclass(frozen=True, slots=True)
class Served:
    """What a decision had a call served with."""

    stack: str
    tier: str


@dataclass(frozen=True, slots=True)
class OwnCall:
    """One call of somebody's."""

    call_id: str
    began_ms: int
    """Unix ms of its first entry."""
    ended_ms: int
    """Of its last decision, charge or lease: within seconds of the goodbye. Not of what was settled later."""
    microdollars: int
    channel: str
    served: tuple[Served, ...]
    """One after the other; the same twice in a row is told once."""
    stars: int | None


async def own_calls(
    engine: AsyncEngine,
    user_id: str,
    *,
    before_ms: int | None = None,
    before_id: str | None = None,
    limit: int = 20,
) -> Sequence[OwnCall]:
    """Read the last calls of a user that began before a time, the newest first. Raises JournalDownError.

    With `before_id`, the last call that was read, those of the very time that stand behind it too.
    """
    subject = await known_subject(engine, user_id)
    if subject is None:
        return []
    began = func.min(EntryRow.at_ms)
    spent = func.coalesce(func.sum(case((EntryRow.kind == "charge", EntryRow.microdollars), else_=0)), 0)
    query = (
        select(EntryRow.call_id, began, func.coalesce(ended_ms(), began), spent)
        .where(EntryRow.subject == subject, EntryRow.call_id != "")
        .group_by(EntryRow.call_id)
        .order_by(began.desc(), EntryRow.call_id)
        .limit(limit)
    )
    if before_ms is not None:
        behind = began < before_ms
        if before_id is not None:
            behind = or_(behind, and_(began == before_ms, EntryRow.call_id > before_id))
        query = query.having(behind)
    with journal_errors():
        async with engine.connect() as connection:
            rows = (await connection.execute(query)).all()
    call_ids = [row[0] for row in rows]
    decided, stars = await _decided(engine, call_ids), await ratings_of(engine, call_ids)
    return [
        OwnCall(
            call_id,
            began_ms,
            last_ms,
            int(microdollars),
            channel=decided[call_id][0] if call_id in decided else "",
            served=tuple(decided[call_id][1]) if call_id in decided else (),
            stars=stars.get(call_id),
        )
        for call_id, began_ms, last_ms, microdollars in rows
    ]


async def is_own(engine: AsyncEngine, user_id: str, call_id: str) -> str | None:
    """Give the door of a call that the journal knows as a user's; None for another's. Raises JournalDownError."""
    subject = await known_subject(engine, user_id)
    channel = EntryRow.details[_CHANNEL].as_string()
    query = select(channel).where(
        EntryRow.subject == subject, EntryRow.call_id == call_id, EntryRow.kind == "decision"
    )
    with journal_errors():
        async with engine.connect() as connection:
            found = await connection.scalar(query.limit(1))
    return None if subject is None or found is None else str(found)


async def _decided(engine: AsyncEngine, call_ids: Sequence[str]) -> dict[str, tuple[str, list[Served]]]:
    columns: tuple[Any, ...] = tuple(EntryRow.details[path].as_string() for path in (_CHANNEL, _STACK, _TIER))
    query = (
        select(EntryRow.call_id, *columns)
        .where(EntryRow.call_id.in_(call_ids), EntryRow.kind == "decision")
        .order_by(EntryRow.at_ms, EntryRow.operation)
    )
    with journal_errors():
        async with engine.connect() as connection:
            rows = (await connection.execute(query)).all()
    found: dict[str, tuple[str, list[Served]]] = {}
    for call_id, channel, stack, tier in rows:
        served = found.setdefault(call_id, (channel or "", []))[1]
        now = Served(stack or "", tier or "")
        if not served or served[-1] != now:
            served.append(now)
    return found
