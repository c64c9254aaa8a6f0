"""What people let us keep of what they say, and that alone. Sound is never kept."""

from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from people.models import ConsentRow, TranscriptRow

Door = Literal["browser", "phone"]
Speaker = Literal["caller", "assistant"]

LONGEST_LINE: Final = 4_000
"""Characters kept of one thing that was said."""


class Line(BaseModel):
    """One thing that was said."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    call_id: str
    at: datetime
    speaker: str
    text: str


class Consents:
    """Consent of people to transcripts, by door, and the transcripts. On the engine of `People`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._session = async_sessionmaker(engine, expire_on_commit=False)

    async def of(self, user_id: str, door: Door) -> bool | None:
        """Give what a person said to it; None when they were never asked."""
        async with self._session() as session:
            row = await session.get(ConsentRow, (user_id, door))
        return row.given if row else None

    async def set(self, user_id: str, door: Door, *, given: bool) -> None:
        """Remember what a person says to it. A no deletes what had been kept through that door."""
        async with self._session.begin() as session:
            await session.merge(ConsentRow(user_id=user_id, channel=door, given=given, at=datetime.now(UTC)))
            if not given:
                await session.execute(
                    delete(TranscriptRow).where(
                        TranscriptRow.user_id == user_id, TranscriptRow.channel == door
                    )
                )

    async def keep(
        self, user_id: str, door: Door, call_id: str, said: list[tuple[datetime, Speaker, str]]
    ) -> bool:
        """Keep what was said, if at this moment the person allows it; whether they do."""
        async with self._session.begin() as session:
            if not await _allowed(session, user_id, door):
                return False
            session.add_all(
                TranscriptRow(
                    user_id=user_id,
                    channel=door,
                    call_id=call_id,
                    at=at,
                    speaker=speaker,
                    text=text[:LONGEST_LINE],
                )
                for at, speaker, text in said
            )
        return True

    async def transcript(self, user_id: str, *, limit: int = 10_000) -> list[Line]:
        """Give what is kept of a person, in the order in which it was said."""
        async with self._session() as session:
            rows = await session.scalars(
                select(TranscriptRow)
                .where(TranscriptRow.user_id == user_id)
                .order_by(TranscriptRow.at, TranscriptRow.id)
                .limit(limit)
            )
            return [Line.model_validate(row) for row in rows]

    async def forget_older_than(self, days: int, *, now: datetime | None = None) -> int:
        """Delete everybody's lines that are older; how many there were."""
        before = (now or datetime.now(UTC)) - timedelta(days=days)
        async with self._session.begin() as session:
            done = await session.execute(
                delete(TranscriptRow).where(TranscriptRow.at < before).returning(TranscriptRow.id)
            )
            return len(done.all())


async def _allowed(session: AsyncSession, user_id: str, door: Door) -> bool:
    row = await session.get(ConsentRow, (user_id, door), with_for_update=True)
    return row is not None and row.given
