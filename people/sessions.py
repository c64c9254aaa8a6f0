"""Which browsers are signed in: a record for each, so that signing out and deleting a user take effect at once."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, CursorResult, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.orm import aliased

from people.models import SessionRow

GRACE: Final = timedelta(seconds=30)
"""How long a session counts once its successor was shown: requests are under way with it."""


@dataclass(frozen=True)
class SessionRecord:
    """What is kept of a signed-in browser, besides whose it is."""

    id_hash: str
    expires_at: datetime
    family_hash: str
    """Of what its successors will share."""


class SessionRecords:
    """Records of signed-in browsers, keyed by the hash of a session id that only the browser holds."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._session = async_sessionmaker(engine, expire_on_commit=False)

    async def add(self, id_hash: str, user_id: str, expires_at: datetime, *, family_hash: str = "") -> None:
        """Remember a new one, and forget those that ran out. `family_hash`: of what its successors will share."""
        async with self._session.begin() as session:
            await session.execute(delete(SessionRow).where(SessionRow.expires_at < datetime.now(UTC)))
            session.add(
                SessionRow(id_hash=id_hash, user_id=user_id, expires_at=expires_at, family_hash=family_hash)
            )

    async def stands(self, id_hash: str, user_id: str, *, grace: timedelta = GRACE) -> bool:
        """Say whether it was made for this user, has not ended and has not run out.

        A successor that is shown has arrived: those whose place it takes end within `grace`, if they have not yet.
        """
        ends = datetime.now(UTC) + grace
        older = aliased(SessionRow)
        to_end = exists().where(
            older.family_hash == SessionRow.family_hash, older.id_hash != id_hash, *_succeeded(older, ends)
        )
        async with self._session() as session:
            found = await session.execute(
                select(SessionRow.family_hash, SessionRow.succeeded_at.is_(None) & to_end).where(
                    SessionRow.id_hash == id_hash,
                    SessionRow.user_id == user_id,
                    SessionRow.expires_at > datetime.now(UTC),
                )
            )
        row = found.one_or_none()
        if row is None:
            return False
        family_hash, has_arrived = row
        if family_hash and has_arrived:
            async with self._session.begin() as session:
                await session.execute(
                    update(SessionRow)
                    .where(SessionRow.family_hash == family_hash, *_succeeded(SessionRow, ends))
                    .values(expires_at=ends)
                )
        return True

    async def succeed(
        self, old_hash: str, new_hash: str, *, family_hash: str, grace: timedelta = GRACE
    ) -> bool:
        """Have another one take the place of one that stands, until the same end; whether that was possible.

        Not where it got a successor within `grace`: many may ask at once. One that was not shown since was lost on its
        way, and ends.
        """
        now = datetime.now(UTC)
        is_free = SessionRow.succeeded_at.is_(None) | (SessionRow.succeeded_at <= now - grace)
        async with self._session.begin() as session:
            # SQLite knows no locked reading: of those who ask at once, one changes it.
            taken = await session.execute(
                update(SessionRow)
                .where(SessionRow.id_hash == old_hash, SessionRow.expires_at > now + grace, is_free)
                .values(succeeded_at=now, family_hash=family_hash)
                .execution_options(synchronize_session=False)
                .returning(SessionRow.user_id, SessionRow.expires_at)
            )
            row = taken.one_or_none()
            if row is None:
                return False
            user_id, ends_at = row
            await session.execute(
                delete(SessionRow).where(
                    SessionRow.family_hash == family_hash,
                    SessionRow.id_hash != old_hash,
                    SessionRow.succeeded_at.is_(None),
                )
            )
            session.add(
                SessionRow(id_hash=new_hash, user_id=user_id, expires_at=ends_at, family_hash=family_hash)
            )
        return True

    async def end(self, id_hash: str, *, family_hash: str = "") -> None:
        """Forget one, and all of its family: the answer that gives its successor may still be on its way.

        Ending it twice is fine.
        """
        theirs = SessionRow.id_hash == id_hash
        if family_hash:
            theirs |= SessionRow.family_hash == family_hash
        async with self._session.begin() as session:
            await end_all(session, theirs)


async def end_all(session: AsyncSession, which: ColumnElement[bool]) -> None:
    """Forget all of which that is true, also a successor that is being written: deleting waits for that, unseen."""
    while True:
        done = await session.execute(delete(SessionRow).where(which))
        if not cast("CursorResult[Any]", done).rowcount:
            return


def _succeeded(row: type[SessionRow], ends: datetime) -> tuple[ColumnElement[bool], ...]:
    """What is true of sessions that have a successor and would stand longer than until then."""
    return row.succeeded_at.is_not(None), row.expires_at > ends
