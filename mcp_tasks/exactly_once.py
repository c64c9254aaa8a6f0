"""One request, one effect: the first answer to an operation id is kept with its effect, in one transaction."""

import asyncio
import contextlib
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from mcp_tasks.erased import refuse_the_erased
from mcp_tasks.errors import TaskError
from mcp_tasks.models import OperationRow

MAX_OPERATION_ID = 128
Answer = dict[str, Any]
_UNKNOWN: Final = (
    "The task server lost its database: it may have happened, or not. Look before it is done again."
)


@dataclass(frozen=True, slots=True)
class Operation:
    """Names one request of one owner; repeats of it get the first answer."""

    id: str
    fingerprint: str
    """A digest of what is asked for."""
    to_the_letter: str
    """The same of the very arguments, by which requests were kept that were made by earlier versions."""

    @classmethod
    def of(
        cls, operation_id: str, tool: str, arguments: dict[str, Any], wish: dict[str, Any] | None = None
    ) -> "Operation":
        """Name a request; `wish` is what the arguments ask for, where others ask for the same.

        Raises TaskError `invalid` for an id that is empty, too long or not printable ASCII.
        """
        if not operation_id or len(operation_id) > MAX_OPERATION_ID:
            raise TaskError("invalid", f"operation_id must have 1 to {MAX_OPERATION_ID} characters.")
        if not operation_id.isascii() or not operation_id.isprintable():
            raise TaskError("invalid", "operation_id must be printable ASCII.")
        to_the_letter = _digest(tool, arguments)
        return cls(operation_id, to_the_letter if wish is None else _digest(tool, wish), to_the_letter)


class Ledger:
    """Runs writes one at a time per owner and remembers their answers."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)
        self._sqlite = engine.dialect.name == "sqlite"
        # SQLite has one writer; queueing here is fair, its busy handler is not.
        self._turn: contextlib.AbstractAsyncContextManager[Any] = asyncio.Lock()

    async def answered(self, owner: str, operation: Operation | None) -> Answer | None:
        """The first answer to this operation, marked repeated, or None when it is new.

        Raises TaskError `conflict` when the id was used for another request.
        """
        if operation is None:
            return None
        async with self._sessions() as session:
            return await _first_answer(session, owner, operation)

    async def run(
        self,
        owner: str,
        operation: Operation | None,
        now: datetime,
        act: Callable[[AsyncSession], Awaitable[Answer]],
    ) -> Answer:
        """Do `act` and keep its answer, both or neither; a repeat does nothing and gets the first answer.

        Where the connection is lost while the end of it is written, nobody knows whether it was: an operation is run
        once more, and finds its answer or does it now. Raises TaskError `unavailable`, which says that it may have
        happened, where that is not to be known.
        """
        ending = False
        for last in (operation is None, True):
            try:
                async with self.writing(owner) as session:
                    first = await _first_answer(session, owner, operation) if operation is not None else None
                    answer = first if first is not None else await act(session)
                    if operation is not None and first is None:
                        session.add(
                            OperationRow(
                                owner=owner,
                                operation_id=operation.id,
                                fingerprint=operation.fingerprint,
                                answer=answer,
                                at=now,
                            )
                        )
                    ending = True
                break
            except (DBAPIError, OSError) as error:
                if not ending or not _is_lost(error):
                    raise
                if last:
                    raise TaskError("unavailable", _UNKNOWN, may_have_happened=True) from error
        return answer

    @contextlib.asynccontextmanager
    async def writing(self, owner: str) -> AsyncIterator[AsyncSession]:
        """A transaction in which nobody else changes this owner's tasks.

        Raises TaskError `unauthorized` for an owner who was erased.
        """
        async with self.alone(owner) as session:
            await refuse_the_erased(session, owner)
            yield session

    @contextlib.asynccontextmanager
    async def alone(self, owner: str) -> AsyncIterator[AsyncSession]:
        """The same, whether or not the owner was erased."""
        turn = self._turn if self._sqlite else contextlib.nullcontext()
        async with turn, self._sessions.begin() as session:
            if self._sqlite:
                # Take the write lock before reading: a read that turns into a write may find the file changed.
                await session.execute(text("BEGIN IMMEDIATE"))
            else:
                key = int.from_bytes(hashlib.sha256(owner.encode()).digest()[:8], "big", signed=True)
                await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
            yield session


def _digest(tool: str, arguments: dict[str, Any]) -> str:
    asked = json.dumps([tool, arguments], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()


def _is_lost(error: DBAPIError | OSError) -> bool:
    return isinstance(error, OSError) or error.connection_invalidated


async def _first_answer(session: AsyncSession, owner: str, operation: Operation) -> Answer | None:
    row = await session.get(OperationRow, (owner, operation.id))
    if row is None:
        return None
    if row.fingerprint not in (operation.fingerprint, operation.to_the_letter):
        raise TaskError("conflict", "This operation_id was already used for another request.")
    return {**row.answer, "repeated": True}
