"""Which browsers are signed in: a record for each, so that signing out and deleting a user take effect at once."""

from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from people.models import SessionRow


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

    async def stands(self, id_hash: str, user_id: str) -> bool:
        """Say whether it was made for this user, has not ended and has not run out."""
        async with self._session() as session:
            found = await session.scalar(
                select(SessionRow.id_hash).where(
                    SessionRow.id_hash == id_hash,
                    SessionRow.user_id == user_id,
                    SessionRow.expires_at > datetime.now(UTC),
                )
            )
        return found is not None

    async def succeed(
        self, old_hash: str, new_hash: str, *, old_ends_at: datetime, family_hash: str = ""
    ) -> bool:
        """Have another one take the place of one that stands, until the same end; whether that was possible.

        Not for one that has a successor already: it ends soon.
        """
        async with self._session.begin() as session:
            row = await session.get(SessionRow, old_hash)
            if row is None or row.expires_at <= old_ends_at:
                return False
            user_id, ends_at = row.user_id, row.expires_at
            # SQLite knows no locked reading: of those who read the same end, one changes it.
            shortened = await session.execute(
                update(SessionRow)
                .where(SessionRow.id_hash == old_hash, SessionRow.expires_at == ends_at)
                .values(expires_at=old_ends_at)
                .execution_options(synchronize_session=False)
                .returning(SessionRow.id_hash)
            )
            if shortened.scalar_one_or_none() is None:
                return False
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
