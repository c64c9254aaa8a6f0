"""Calls about tasks, each made by one worker: claimed, counted and settled in the database, whoever dies in between.

waiting → claimed → dialled → over, or waiting again where nobody was reached. A claim that nobody followed up is
another's after a while. `dialled` is written before a telephone is made to ring, and is never taken back by time: who
dies behind it has made the call, as far as anybody knows.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast
from uuid import uuid4

from sqlalchemy import CursorResult, delete, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from people.models import ReminderCallRow, ReminderDialRow, UserRow

CLAIM_FOR: Final = timedelta(minutes=2)
KEEP_FOR: Final = timedelta(days=7)
"""Longer than any task that is due is looked for."""
LONGEST_OUTCOME: Final = 20
_LOCK: Final = 0x52454D  # of all who dial, so that a cap holds for them together


@dataclass(frozen=True)
class Wish:
    """What is to be called about: a person's task at a moment."""

    user_id: str
    task_id: str
    at: datetime


@dataclass(frozen=True)
class Claimed:
    """A call that is ours to make."""

    id: str
    wish: Wish
    attempts: int


@dataclass(frozen=True)
class Caps:
    """How often telephones may ring, over all workers."""

    per_minute: int
    per_day: int
    per_person_day: int


class ReminderCalls:
    """The calls. On the engine of `People`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._session = async_sessionmaker(engine, expire_on_commit=False)
        self._sqlite = engine.dialect.name == "sqlite"

    async def note(self, wishes: Sequence[Wish]) -> int:
        """Add those that are not there yet; how many. Who is nobody's user is passed over."""
        if not wishes:
            return 0
        added = 0
        async with self._alone() as session:
            people = {wish.user_id for wish in wishes}
            known = set(await session.scalars(select(UserRow.id).where(UserRow.id.in_(people))))
            for wish in wishes:
                key = (wish.user_id, wish.task_id, wish.at)
                if wish.user_id not in known or await session.get(ReminderCallRow, key) is not None:
                    continue
                row = ReminderCallRow(
                    user_id=wish.user_id,
                    task_id=wish.task_id,
                    at=wish.at,
                    id=uuid4().hex,
                    state="waiting",
                    outcome="",
                    attempts=0,
                    next_at=wish.at,
                    claimed_by="",
                )
                session.add(row)
                added += 1
        return added

    async def claim(self, worker: str, now: datetime) -> Claimed | None:
        """Take the call that has waited longest, if one is to be made; nobody else gets it for two minutes."""
        free = (
            ReminderCallRow.next_at <= now,
            or_(ReminderCallRow.state == "waiting", ReminderCallRow.state == "claimed"),
        )
        async with self._alone() as session:
            found = select(ReminderCallRow).where(*free).order_by(ReminderCallRow.next_at).limit(1)
            row = await session.scalar(found)
            if row is None:
                return None
            row.state, row.claimed_by, row.next_at = "claimed", worker, now + CLAIM_FOR
            return Claimed(row.id, Wish(row.user_id, row.task_id, row.at), row.attempts)

    async def may_dial(self, claimed: Claimed, worker: str, caps: Caps, now: datetime) -> str | None:
        """Say that the telephone rings from now on; None when it may, else the cap in the way, or `lost`.

        The last thing before dialling: a claim that ran out meanwhile is another's.
        """
        async with self._alone() as session:
            row = await self._ours(session, claimed.id, worker)
            if row is None or row.next_at <= now:
                return "lost"
            for name, most, since, mine in (
                ("per_minute", caps.per_minute, timedelta(minutes=1), False),
                ("per_day", caps.per_day, timedelta(days=1), False),
                ("per_person_day", caps.per_person_day, timedelta(days=1), True),
            ):
                count = (
                    select(func.count()).select_from(ReminderDialRow).where(ReminderDialRow.at > now - since)
                )
                if mine:
                    count = count.where(ReminderDialRow.user_id == row.user_id)
                if (await session.scalar(count) or 0) >= most:
                    return name
            row.state, row.attempts = "dialled", row.attempts + 1
            session.add(ReminderDialRow(user_id=row.user_id, at=now))
        return None

    async def again(
        self, call_id: str, outcome: str, at: datetime, *, from_states: Sequence[str] = ("claimed", "dialled")
    ) -> bool:
        """Nobody was reached: it waits until then. False where it is over already."""
        return await self._move(call_id, "waiting", outcome, from_states, next_at=at)

    async def settle(self, call_id: str, outcome: str) -> bool:
        """It is over. False where it was already: the first word stands."""
        return await self._move(call_id, "over", outcome, ("waiting", "claimed", "dialled"))

    async def wish(self, call_id: str) -> Claimed | None:
        """Give what a call is about."""
        async with self._session() as session:
            row = await session.scalar(select(ReminderCallRow).where(ReminderCallRow.id == call_id))
        return (
            Claimed(row.id, Wish(row.user_id, row.task_id, row.at), row.attempts) if row is not None else None
        )

    async def pass_by(self, now: datetime) -> int:
        """Call nobody about what was due until now and waits; how many there were.

        After a restore: who was called since the backup was made nobody knows, and no call is better than two.
        """
        change = (
            update(ReminderCallRow)
            .where(ReminderCallRow.at <= now, ReminderCallRow.state.in_(("waiting", "claimed")))
            .values(state="over", outcome="restored")
        )
        async with self._alone() as session:
            return cast("CursorResult[Any]", await session.execute(change)).rowcount

    async def forget(self, now: datetime) -> None:
        """Delete what is long over."""
        async with self._session.begin() as session:
            await session.execute(delete(ReminderCallRow).where(ReminderCallRow.at < now - KEEP_FOR))
            await session.execute(delete(ReminderDialRow).where(ReminderDialRow.at < now - KEEP_FOR))

    async def _ours(self, session: AsyncSession, call_id: str, worker: str) -> ReminderCallRow | None:
        query = select(ReminderCallRow).where(
            ReminderCallRow.id == call_id,
            ReminderCallRow.state == "claimed",
            ReminderCallRow.claimed_by == worker,
        )
        return cast("ReminderCallRow | None", await session.scalar(query))

    async def _move(self, call_id: str, state: str, outcome: str, before: Sequence[str], **more: Any) -> bool:
        change = (
            update(ReminderCallRow)
            .where(ReminderCallRow.id == call_id, ReminderCallRow.state.in_(before))
            .values(state=state, outcome=outcome[:LONGEST_OUTCOME], **more)
        )
        async with self._alone() as session:
            return cast("CursorResult[Any]", await session.execute(change)).rowcount == 1

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[AsyncSession]:
        async with self._session.begin() as session:
            if self._sqlite:
                await session.execute(text("BEGIN IMMEDIATE"))
            else:
                await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            yield session
