"""Erasing a person here, and remembering that the other rooms still have to."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, Final, cast

from sqlalchemy import CursorResult, delete, func, select
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from people.audit import SELF, note
from people.models import (
    AuditRow,
    ConsentRow,
    ErasureRow,
    IdentityRow,
    PhoneCodeRow,
    PhoneRow,
    PinRow,
    PinTryRow,
    ReminderCallRow,
    ReminderConsentRow,
    ReminderDialRow,
    SessionRow,
    TranscriptRow,
    UserRow,
)

OWNED: Final = {
    "account": (UserRow, UserRow.id),
    "sessions": (SessionRow, SessionRow.user_id),
    "consents": (ConsentRow, ConsentRow.user_id),
    "transcript lines": (TranscriptRow, TranscriptRow.user_id),
    "phones": (PhoneRow, PhoneRow.user_id),
    "phone codes": (PhoneCodeRow, PhoneCodeRow.user_id),
    "pins": (PinRow, PinRow.user_id),
    "pin tries": (PinTryRow, PinTryRow.user_id),
    "reminder consents": (ReminderConsentRow, ReminderConsentRow.user_id),
    "reminder calls": (ReminderCallRow, ReminderCallRow.user_id),
    "reminder dials": (ReminderDialRow, ReminderDialRow.user_id),
    "identities": (IdentityRow, IdentityRow.user_id),
}
"""What is a person's own, by what people call it, with the column that says whose."""


def digest_of(user_id: str) -> str:
    """What an erased person is known by: SHA-256 of the random id that they had. It names nobody to whoever has no id."""
    return hashlib.sha256(user_id.encode()).hexdigest()


class Erasures:
    """Erases, and knows which erasures are not complete. On the engine of `People`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._session = async_sessionmaker(engine, expire_on_commit=False)

    async def begin(self, user_id: str, *, actor: str = SELF) -> dict[str, int]:
        """Delete all that is theirs at once; how much of what there was. Once more does no harm.

        With it goes into the same transaction that the other rooms have to follow, until `complete` is said, and into
        the trail the digest, by which they are erased again after a restore (`deploy/erased`).
        """
        async with self._session.begin() as session:
            removed: dict[str, int] = {}
            for name, (table, owner) in reversed(OWNED.items()):
                done = await session.execute(delete(table).where(owner == user_id))
                removed[name] = cast("CursorResult[Any]", done).rowcount
            if await session.get(ErasureRow, user_id) is None:
                session.add(ErasureRow(user_id=user_id, asked_at=datetime.now(UTC)))
            if removed["account"]:
                note(session, None, "account.erased", actor=actor, details=digest_of(user_id))
        return removed

    async def left(self, user_id: str) -> int:
        """How many rows name a person."""
        async with self._session() as session:
            count = 0
            for table, owner in (*OWNED.values(), (AuditRow, AuditRow.user_id)):
                found = select(func.count()).select_from(table).where(owner == user_id)
                count += await session.scalar(found) or 0
        return count

    async def knows(self, user_id: str) -> bool:
        """Whether somebody has this id, or had it: their erasure goes on, or is in the trail.

        Of any other id nothing would be found, and a proof of that would be taken for one of an erasure.
        """
        theirs = (
            select(UserRow.id).where(UserRow.id == user_id),
            select(ErasureRow.user_id).where(ErasureRow.user_id == user_id),
            select(AuditRow.event).where(
                AuditRow.event == "account.erased", AuditRow.details == digest_of(user_id)
            ),
        )
        async with self._session() as session:
            for found in theirs:
                if await session.scalar(found.limit(1)) is not None:
                    return True
        return False

    async def complete(self, user_id: str) -> None:
        """All rooms have erased them: forget that it was asked for."""
        async with self._session.begin() as session:
            await session.execute(delete(ErasureRow).where(ErasureRow.user_id == user_id))

    async def pending(self) -> list[str]:
        """Give the ids of people whose erasure is not complete, the longest waiting first."""
        async with self._session() as session:
            return list(await session.scalars(select(ErasureRow.user_id).order_by(ErasureRow.asked_at)))

    async def known_by(self, digests: Collection[str]) -> list[str]:
        """Give the ids of the people who are here though these digests are of people who were erased."""
        async with self._session() as session:
            return [each for each in await session.scalars(select(UserRow.id)) if digest_of(each) in digests]
