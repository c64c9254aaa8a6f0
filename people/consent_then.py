"""What somebody had said to transcripts at a time: for a list of their calls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from people.models import AuditRow, ConsentRow, TranscriptRow

_EVENTS: Final = {"consent.given": True, "consent.taken_back": False}


class ConsentThen:
    """A person's answers with their times, read once."""

    def __init__(self, said: Sequence[tuple[datetime, str, bool]]) -> None:
        self._said = sorted(said)

    @classmethod
    async def read(cls, engine: AsyncEngine, user_id: str) -> ConsentThen:
        """Read them. The trail forgets what is old, and then what was said last still stands by itself."""
        trail = select(AuditRow.at, AuditRow.details, AuditRow.event).where(
            AuditRow.user_id == user_id, AuditRow.event.in_(_EVENTS)
        )
        last = select(ConsentRow.at, ConsentRow.channel, ConsentRow.given).where(
            ConsentRow.user_id == user_id
        )
        async with async_sessionmaker(engine)() as session:
            said = [(at, door, _EVENTS[event]) for at, door, event in await session.execute(trail)]
            said += [(at, door, given) for at, door, given in await session.execute(last)]
        return cls(said)

    def at(self, when: datetime, door: str) -> bool | None:
        """What they had said by then; None when they had not been asked."""
        answers = [given for at, through, given in self._said if through == door and at <= when]
        return answers[-1] if answers else None


async def lines_kept(engine: AsyncEngine, user_id: str, call_ids: Sequence[str]) -> dict[str, int]:
    """Count the lines that are kept of some calls; those without any are left out."""
    query = (
        select(TranscriptRow.call_id, func.count())
        .where(TranscriptRow.user_id == user_id, TranscriptRow.call_id.in_(call_ids))
        .group_by(TranscriptRow.call_id)
    )
    async with async_sessionmaker(engine)() as session:
        return {call_id: count for call_id, count in await session.execute(query)}
