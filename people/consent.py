"""What people let us keep of what they say, and that alone. Sound is never kept."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, cast

from pydantic import BaseModel, ConfigDict
from sqlalchemy import CursorResult, delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from people.audit import note
from people.models import ConsentRow, TranscriptRow

Door = Literal["browser", "phone"]
Speaker = Literal["caller", "assistant"]

LONGEST_LINE: Final = 4_000
"""Characters kept of one thing that was said."""


class Line(BaseModel):
    """One thing that was said. Lines are numbered in the order in which they were kept."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    channel: str
    call_id: str
    at: datetime
    speaker: str
    text: str


class Consents:
    """Consent of people to transcripts, by door, and the transcripts. On the engine of `People`.

    Whatever changes a person's consent or transcript happens one after the other, so that no line slips in behind a no.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._session = async_sessionmaker(engine, expire_on_commit=False)
        self._sqlite = engine.dialect.name == "sqlite"

    async def of(self, user_id: str, door: Door) -> bool | None:
        """Give what a person said to it; None when they were never asked."""
        async with self._session() as session:
            row = await session.get(ConsentRow, (user_id, door))
        return row.given if row else None

    async def set(self, user_id: str, door: Door, *, given: bool, now: datetime | None = None) -> None:
        """Remember what a person says to it. A no deletes what had been kept through that door."""
        async with self._writing(user_id) as session:
            at = now or datetime.now(UTC)
            row = await session.get(ConsentRow, (user_id, door))
            if row is None or row.given != given:
                note(session, user_id, "consent.given" if given else "consent.taken_back", details=door)
            if row is None:
                session.add(ConsentRow(user_id=user_id, channel=door, given=given, at=at))
            elif not (row.given and given):
                # A yes that is said again holds since it was said first.
                row.given, row.at = given, at
            if not given:
                await session.execute(
                    delete(TranscriptRow).where(
                        TranscriptRow.user_id == user_id, TranscriptRow.channel == door
                    )
                )

    async def keep(
        self, user_id: str, door: Door, call_id: str, said: list[tuple[datetime, Speaker, str]]
    ) -> bool:
        """Keep what was said since the person allowed it, if at this moment they do; whether they do."""
        async with self._writing(user_id) as session:
            consent = await session.get(ConsentRow, (user_id, door))
            if consent is None or not consent.given:
                return False
            lines = [
                {
                    "user_id": user_id,
                    "channel": door,
                    "call_id": call_id,
                    "at": at,
                    "speaker": speaker,
                    "text": words[:LONGEST_LINE],
                }
                for at, speaker, words in said
                if at >= consent.at
            ]
            if lines:
                await session.execute(insert(TranscriptRow), lines)
        return True

    async def transcript(
        self, user_id: str, *, call_id: str | None = None, after: int = 0, limit: int = 10_000
    ) -> list[Line]:
        """Give what is kept of a person, or of one call, in the order in which it was kept, behind the line `after`."""
        whose = TranscriptRow.user_id == user_id
        if call_id is not None:
            whose &= TranscriptRow.call_id == call_id
        async with self._session() as session:
            rows = await session.scalars(
                select(TranscriptRow)
                .where(whose, TranscriptRow.id > after)
                .order_by(TranscriptRow.id)
                .limit(limit)
            )
            return [Line.model_validate(row) for row in rows]

    async def whose_words(self, call_id: str) -> str | None:
        """Give the id of whoever's words are kept of a call; None where none are."""
        query = select(TranscriptRow.user_id).where(TranscriptRow.call_id == call_id).limit(1)
        async with self._session() as session:
            found: str | None = await session.scalar(query)
            return found

    async def said_in(self, call_id: str) -> list[Line]:
        """Give what is kept of a call whose caller agrees to it at this moment, in the order in which it was said."""
        agreed = (
            (ConsentRow.user_id == TranscriptRow.user_id)
            & (ConsentRow.channel == TranscriptRow.channel)
            & ConsentRow.given
        )
        query = (
            select(TranscriptRow)
            .join(ConsentRow, agreed)
            .where(TranscriptRow.call_id == call_id)
            .order_by(TranscriptRow.at, TranscriptRow.id)
        )
        async with self._session() as session:
            return [Line.model_validate(row) for row in await session.scalars(query)]

    async def forget_older_than(self, days: int, *, now: datetime | None = None) -> int:
        """Delete everybody's lines that are older; how many there were."""
        before = (now or datetime.now(UTC)) - timedelta(days=days)
        async with self._session.begin() as session:
            done = await session.execute(delete(TranscriptRow).where(TranscriptRow.at < before))
            return cast("CursorResult[Any]", done).rowcount

    @asynccontextmanager
    async def _writing(self, user_id: str) -> AsyncIterator[AsyncSession]:
        async with self._session.begin() as session:
            if self._sqlite:
                # The driver begins no transaction for a read: a no could come between the look and the write.
                await session.execute(text("BEGIN IMMEDIATE"))
            else:
                digest = hashlib.sha256(f"consent of {user_id}".encode()).digest()
                key = int.from_bytes(digest[:8], "big", signed=True)
                await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
            yield session
