"""The people we know: create, find, verify."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from people.audit import SELF, note
from people.database import PATIENT_MS, create_engine
from people.models import SessionRow, UserRow
from people.password import MAX_PASSWORD_LENGTH, PasswordDesk
from people.sessions import SessionRecord, end_all
from people.user import (
    DEFAULT_TIME_ZONE,
    Plan,
    Role,
    User,
    email_address,
    new_user_id,
    normalise_email,
    time_zone_name,
)


class EmailTakenError(Exception):
    """Another user has this address. The message does not repeat it."""


class People:
    """The store. Migrate first (`people.migrate`), use as an async context manager or `aclose()` it."""

    def __init__(self, database_url: str, *, wait_ms: int = PATIENT_MS) -> None:
        self.engine: AsyncEngine = create_engine(database_url, wait_ms=wait_ms)
        self._session = async_sessionmaker(self.engine, expire_on_commit=False)
        self._passwords = PasswordDesk()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Give the connections back."""
        await self.engine.dispose()

    async def ping(self) -> None:
        """Ask the database and the newest table for nothing; raises DATABASE_AWAY when either is missing."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1 FROM people_reminder_calls WHERE 1 = 0"))

    async def create_user(
        self,
        *,
        email: str,
        password: str,
        plan: Plan = Plan.ECONOMY,
        role: Role = Role.USER,
        time_zone: str = DEFAULT_TIME_ZONE,
        actor: str = SELF,
    ) -> User:
        """Add a person.

        Raises ValueError for a bad address, password or IANA zone and EmailTakenError for a known address.
        """
        row = UserRow(
            id=new_user_id(),
            email=email_address.validate_python(email),
            time_zone=time_zone_name.validate_python(time_zone),
            password_hash=await self._passwords.hash(password),
            plan=plan.value,
            role=role.value,
            created_at=datetime.now(UTC),
        )
        try:
            async with self._session.begin() as session:
                session.add(row)
                await session.flush()
                note(session, row.id, "account.made", actor=actor)
        except IntegrityError as error:
            raise EmailTakenError("this address is already in use") from error
        return User.model_validate(row)

    async def user_by_id(self, user_id: str) -> User | None:
        """Find by the opaque id: the subject of every token."""
        async with self._session() as session:
            row = await session.get(UserRow, user_id)
        return User.model_validate(row) if row else None

    async def user_by_email(self, email: str) -> User | None:
        """Find by address, whatever its case."""
        row = await self._row_by_email(email)
        return User.model_validate(row) if row else None

    async def users(self, *, limit: int = 1000, beginning: str = "") -> list[User]:
        """Give the people by address, from the first letter on: those whose address begins so."""
        like = UserRow.email.startswith(normalise_email(beginning), autoescape=True)
        async with self._session() as session:
            rows = await session.scalars(select(UserRow).where(like).order_by(UserRow.email).limit(limit))
            return [User.model_validate(row) for row in rows]

    async def emails_of(self, user_ids: Iterable[str]) -> dict[str, str]:
        """Give the address of each person by id; those who are gone are left out."""
        query = select(UserRow.id, UserRow.email).where(UserRow.id.in_(list(user_ids)))
        async with self._session() as session:
            return {user_id: email for user_id, email in await session.execute(query)}

    async def set_plan(self, user_id: str, plan: Plan, *, actor: str = SELF) -> User | None:
        """Give a person another plan, from their next call on; None for nobody."""
        async with self._session.begin() as session:
            row = await session.get(UserRow, user_id)
            if row is not None and row.plan != plan.value:
                note(session, user_id, "plan.changed", actor=actor, details=f"{row.plan} to {plan.value}")
                row.plan = plan.value
        return User.model_validate(row) if row else None

    async def set_time_zone(self, user_id: str, time_zone: str) -> User | None:
        """Give a person another zone, from their next call on; None for nobody. Raises ValueError for no IANA zone."""
        zone = time_zone_name.validate_python(time_zone)
        async with self._session.begin() as session:
            row = await session.get(UserRow, user_id)
            if row is not None and row.time_zone != zone:
                note(session, user_id, "account.changed", details="time zone")
                row.time_zone = zone
        return User.model_validate(row) if row else None

    async def verify_password(self, email: str, password: str) -> User | None:
        """Give the user when the password is theirs. An unknown address takes as long as a wrong password."""
        row = await self._row_by_email(email) if len(password) <= MAX_PASSWORD_LENGTH else None
        right = await self._passwords.verify(row.password_hash if row else None, password)
        return User.model_validate(row) if right and row else None

    async def set_password(
        self, user_id: str, password: str, *, actor: str = SELF, fresh: SessionRecord | None = None
    ) -> User | None:
        """Give a person another password and end all of their sessions; None for nobody.

        `fresh` is a session that nobody has seen yet: it begins for whoever makes the change. The one that they come with
        ends as well, since somebody may have a copy of its cookie. Raises ValueError for a password that may not be one.
        """
        password_hash = await self._passwords.hash(password)
        async with self._session.begin() as session:
            row = await session.get(UserRow, user_id)
            if row is not None:
                row.password_hash = password_hash
                await end_all(session, SessionRow.user_id == user_id)
                if fresh is not None:
                    session.add(SessionRow(user_id=user_id, **asdict(fresh)))
                note(session, user_id, "password.changed", actor=actor)
        return User.model_validate(row) if row else None

    async def has_password(self, user_id: str) -> bool:
        """Whether somebody can sign in with a password: who came from a provider has none."""
        async with self._session() as session:
            return bool(await session.scalar(select(UserRow.password_hash).where(UserRow.id == user_id)))

    async def count(self) -> int:
        """How many people there are."""
        async with self._session() as session:
            return await session.scalar(select(func.count()).select_from(UserRow)) or 0

    async def _row_by_email(self, email: str) -> UserRow | None:
        async with self._session() as session:
            found = await session.scalars(select(UserRow).where(UserRow.email == normalise_email(email)))
            return found.one_or_none()
