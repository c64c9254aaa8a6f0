"""The journal: the durable record of decisions, charges and outcomes. It is the truth; Redis is its fast face."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, ClassVar, Final, Literal, Self

from pydantic import ConfigDict
from sqlalchemy import ColumnElement, case, func, insert, or_, select, true, tuple_
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlalchemy.orm import InstrumentedAttribute

from people.database import create_engine
from routing.budget import Sums
from routing.erased import take_turn, was_erased
from routing.models import EntryRow, SubjectRow

Kind = Literal["charge", "lease", "decision", "outcome", "event"]

SAME_TIME_MS: Final = 2000
"""An entry's own time and the time in its stream id differ by less than this."""

AT_ONCE: Final = 200
"""Rows of one insert: SQLite bounds the variables of a statement."""


class JournalDownError(Exception):
    """The database could not be reached or refused; nothing was written. Try again, or spool."""


@contextmanager
def journal_errors() -> Iterator[None]:
    """Make what SQLAlchemy and its drivers raise into JournalDownError."""
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise JournalDownError(type(error).__name__) from error


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal. `operation` is its identity."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)

    operation: str
    kind: Kind
    at_ms: int
    call_id: str
    tier: str = ""
    microdollars: int = 0
    blind: bool = False
    scopes: tuple[str, ...] = ()
    """Names of the scopes it counts against; only charges and leases have some."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """What else is to be known: units and price of a charge, inputs of a decision. No words."""

    def row(self) -> dict[str, Any]:
        """Columns of the table."""
        by_kind = {name.split(":", 1)[0]: name for name in self.scopes}
        day = by_kind.get("user-day", "")
        return {
            "operation": self.operation,
            "kind": self.kind,
            "at_ms": self.at_ms,
            "call_id": self.call_id,
            "subject": day.split(":")[1] if day else str(self.details.get("subject", "")),
            "tier": self.tier,
            "microdollars": self.microdollars,
            "blind": self.blind,
            "user_day": day,
            "user_month": by_kind.get("user-month", ""),
            "global_day": by_kind.get("global-day", ""),
            "details": dict(self.details),
        }


def _entry(row: EntryRow) -> Entry:
    own = (f"call:{row.call_id}",) if row.user_day else ()
    return Entry(
        operation=row.operation,
        kind=row.kind,  # type: ignore[arg-type]
        at_ms=row.at_ms,
        call_id=row.call_id,
        tier=row.tier,
        microdollars=row.microdollars,
        blind=row.blind,
        scopes=(*own, *(name for name in (row.user_day, row.user_month, row.global_day) if name)),
        details=row.details,
    )


class Journal:
    """The store. Migrate first (`routing.migrate`); an async context manager."""

    def __init__(self, database_url: str) -> None:
        self.engine: AsyncEngine = create_engine(database_url, busy=True)
        self._session = async_sessionmaker(self.engine, expire_on_commit=False)
        self._insert = postgresql_insert if self.engine.dialect.name == "postgresql" else sqlite_insert

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Give the connections back."""
        await self.engine.dispose()

    async def append(self, entries: Iterable[Entry]) -> int:
        """Add entries; those whose operation is there already change nothing. Returns how many were new.

        Raises JournalDownError.
        """
        rows = [entry.row() for entry in entries]
        # The rows are parameters, so that the statement is compiled once and not for each number of them.
        statement = (
            self._insert(EntryRow)
            .on_conflict_do_nothing(index_elements=["operation"])
            .returning(EntryRow.operation)
        )
        added = 0
        with journal_errors():
            async with self._session.begin() as session:
                for at in range(0, len(rows), AT_ONCE):
                    added += len((await session.execute(statement, rows[at : at + AT_ONCE])).all())
        return added

    async def sums(self, scope: str, *, upto_ms: int) -> Sums:
        """Sum a scope's charges, and name those of them that the stream may hold after `upto_ms`.

        They are the latest, and blind ones: a worker writes those here itself and tells Redis later. Raises
        JournalDownError.
        """
        here = _in_scope(scope)
        charge = EntryRow.kind == "charge"
        premium = EntryRow.tier == "premium"
        money = [
            _sum_where(premium),
            _sum_where(true()),
            _sum_where(premium & EntryRow.blind),
            _sum_where(EntryRow.blind),
        ]
        newest = select(EntryRow.operation).where(
            here, charge, or_(EntryRow.at_ms > upto_ms - SAME_TIME_MS, EntryRow.blind)
        )
        with journal_errors():
            async with self._session() as session:
                sums = (await session.execute(select(*money).where(here, charge))).one()
                known = (await session.scalars(newest)).all()
        premium_sum, total, premium_blind, blind = (int(each) for each in sums)
        return Sums(premium_sum, total, premium_blind, blind, tuple(known))

    async def entries(
        self,
        *,
        call_id: str | None = None,
        kind: Kind | None = None,
        since_ms: int = 0,
        after: str = "",
        newest: bool = False,
        limit: int = 1000,
    ) -> Sequence[Entry]:
        """Read entries, oldest first: the first that match, or the newest of them. Raises JournalDownError.

        Entries of the very time `since_ms` begin behind the operation `after`: so a reader takes up again.
        """
        order = (EntryRow.at_ms, EntryRow.operation)
        query = select(EntryRow).where(tuple_(*order) > (since_ms, after))
        query = query.order_by(*(each.desc() for each in order) if newest else order)
        if call_id is not None:
            query = query.where(EntryRow.call_id == call_id)
        if kind is not None:
            query = query.where(EntryRow.kind == kind)
        with journal_errors():
            async with self._session() as session:
                found = [_entry(row) for row in await session.scalars(query.limit(limit))]
        return found[::-1] if newest else found

    async def subject_of(self, user_id: str) -> str:
        """Give the random id under which the journal knows a user, made the first time. Raises JournalDownError.

        Of somebody who was erased within a day it is one that is kept nowhere: their call may end later than they went.
        """
        known = select(SubjectRow.subject).where(SubjectRow.user_id == user_id)
        with journal_errors():
            async with self.engine.connect() as connection:
                found = await connection.scalar(known)
            if found is not None:
                return found
            fresh = f"s_{secrets.token_hex(12)}"
            async with self.engine.begin() as connection:
                await take_turn(connection, user_id)
                if (found := await connection.scalar(known)) is not None:
                    return found
                if not await was_erased(connection, user_id):
                    await connection.execute(insert(SubjectRow).values(user_id=user_id, subject=fresh))
        return fresh

    async def users_of(self, subjects: Iterable[str]) -> dict[str, str]:
        """Give the user of each subject that is still somebody's. Raises JournalDownError."""
        query = select(SubjectRow.subject, SubjectRow.user_id).where(SubjectRow.subject.in_(list(subjects)))
        with journal_errors():
            async with self._session() as session:
                return {subject: user_id for subject, user_id in await session.execute(query)}

    async def is_known(self, subject: str) -> bool:
        """Whether a subject is somebody's: not one that was erased. Raises JournalDownError."""
        with journal_errors():
            async with self._session() as session:
                found = select(SubjectRow.subject).where(SubjectRow.subject == subject)
                return await session.scalar(found) is not None


def _sum_where(condition: ColumnElement[bool] | InstrumentedAttribute[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, EntryRow.microdollars), else_=0)), 0)


def _in_scope(scope: str) -> Any:
    kind, rest = scope.split(":", 1)
    match kind:
        case "call":
            return EntryRow.call_id == rest
        case "user-day":
            return EntryRow.user_day == scope
        case "user-month":
            return EntryRow.user_month == scope
        case "global-day":
            return EntryRow.global_day == scope
        case _:
            raise ValueError(f"no such kind of scope: {kind}")
