"""The policies that admins wrote: every version, who wrote it and what it changed. The newest is in force.

Two admins never overwrite each other: a change names the version that it was made from, and the version's number is
the primary key, so that of two changes of one version the database takes one.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from people.database import create_engine
from routing.budget import PREFIX
from routing.journal import JournalDownError, journal_errors
from routing.models import PolicyRow
from routing.policy import DEFAULT_POLICY, Policy
from routing.policy_board import NO_POLICY, PolicyBoard
from routing.policy_changes import Change, PolicyInvalidError, changed, differences
from routing.redis_link import BlindError, RedisLink

log = logging.getLogger("routing.policy_store")

POSTINGS: Final = 3
"""Tries to post a policy: another admin's may come between, or Redis fail for a moment."""


class PolicyConflictError(Exception):
    """Somebody else changed the policy first; nothing was written."""

    def __init__(self, expected: str, current: Policy, difference: tuple[Change, ...]) -> None:
        super().__init__(
            f"the policy is version {current.version} by now, not {expected}: "
            + ("; ".join(map(str, difference)) or "nothing of it is different")
        )
        self.expected = expected
        self.current = current
        """What is in force now."""
        self.difference = difference
        """From the expected version to the current one; empty where the expected one never was."""


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """One entry of the policies' history."""

    version: str
    at_ms: int
    """Unix time in ms."""
    author: str
    note: str
    changes: tuple[Change, ...]
    """What it changed of the version before, with the values before and after."""


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    document: str

    def policy(self) -> Policy:
        if self.number == NO_POLICY:
            return DEFAULT_POLICY
        try:
            return Policy.model_validate_json(self.document)
        except ValidationError as error:
            raise PolicyInvalidError(f"policy {self.number} in the database cannot be read") from error


_DEFAULT: Final = _Row(NO_POLICY, DEFAULT_POLICY.model_dump_json())


class PolicyStore:
    """Reads and writes policies. Migrate first (`routing.migrate`).

    Every method may raise JournalDownError: they live in the journal's database.
    """

    def __init__(self, database: AsyncEngine | str, link: RedisLink, *, prefix: str = PREFIX) -> None:
        self._own = create_engine(database) if isinstance(database, str) else None
        engine = self._own if isinstance(database, str) else database
        self._session = async_sessionmaker(engine, expire_on_commit=False)
        self.board = PolicyBoard(link, prefix=prefix)
        self.why_not_posted = ""
        """Why Redis could not be told of the last policy written: then workers find it in the database, within
        some 15 s. Empty when it was."""

    async def aclose(self) -> None:
        """Give back the connections that this store made."""
        if self._own is not None:
            await self._own.dispose()

    async def current(self) -> Policy:
        """Read the policy in force. Raises PolicyInvalidError when the stored one is none."""
        return (await self._newest()).policy()

    async def looked_at(self, expected: str) -> Policy:
        """Read the policy in force for somebody who looked at a version. Raises PolicyConflictError for another one."""
        current = await self.current()
        if current.version != expected:
            raise await self._conflict(expected)
        return current

    async def write(
        self,
        changes: Mapping[str, Any],
        *,
        expected: str,
        author: str,
        note: str = "",
        at_ms: int | None = None,
    ) -> Policy:
        """Make the next version by a JSON merge patch of the version `expected`, and tell every worker.

        `at_ms`, Unix ms, is now unless something is made up for an earlier time. A patch that changes nothing makes no version. Raises PolicyInvalidError, and PolicyConflictError when
        `expected` is not the version in force.
        """
        if not author or len(author) > 64 or len(note) > 500:
            raise PolicyInvalidError("an author has 1 to 64 characters, a note at most 500")
        newest = await self._newest()
        before = newest.policy()
        if before.version != expected:
            raise await self._conflict(expected)
        number = newest.number + 1
        at_ms = time.time_ns() // 1_000_000 if at_ms is None else at_ms
        fresh = changed(before, changes, version=str(number), at_ms=at_ms)
        if fresh.model_copy(update={"version": expected}) == before:
            return before
        row = {
            "version": number,
            "document": fresh.model_dump_json(),
            "author": author,
            "at_ms": at_ms,
            "note": note,
        }
        try:
            with journal_errors():
                async with self._session.begin() as session:
                    await session.execute(insert(PolicyRow).values(row))
        except JournalDownError as error:
            if isinstance(error.__cause__, IntegrityError):
                raise await self._conflict(expected) from None
            raise
        log.info("policy.written", extra={"policy_version": fresh.version})
        await self._try_to_post()
        return fresh

    async def post(self) -> None:
        """Show the newest policy in Redis. Raises BlindError."""
        overrule: int | None = None
        for _ in range(POSTINGS):
            newest = await self._newest()
            said = await self.board.post(newest.number, newest.document, overrule=overrule)
            if said == newest.number:
                return
            # A newer one, whose writer was quicker; or one that the database, asked again, does not know.
            overrule = said
        raise BlindError("policy")

    async def history(self, limit: int = 50) -> tuple[PolicyVersion, ...]:
        """Read the newest versions, newest first, each with what it changed."""
        query = select(PolicyRow).order_by(PolicyRow.version.desc()).limit(limit + 1)
        with journal_errors():
            async with self._session() as session:
                rows = (await session.scalars(query)).all()
        found = []
        for at, row in enumerate(rows[:limit]):
            before = rows[at + 1].document if at + 1 < len(rows) else _DEFAULT.document
            changes = differences(json.loads(before), json.loads(row.document))
            found.append(PolicyVersion(str(row.version), row.at_ms, row.author, row.note, changes))
        return tuple(found)

    async def version(self, number: int) -> PolicyVersion | None:
        """Read one version with what it changed; None where there is none of that number."""
        query = select(PolicyRow).where(PolicyRow.version.in_((number - 1, number)))
        with journal_errors():
            async with self._session() as session:
                rows = {row.version: row for row in await session.scalars(query)}
        if (row := rows.get(number)) is None:
            return None
        before = rows[number - 1].document if number - 1 in rows else _DEFAULT.document
        changes = differences(json.loads(before), json.loads(row.document))
        return PolicyVersion(str(row.version), row.at_ms, row.author, row.note, changes)

    async def versions(self) -> AsyncIterator[Policy]:
        """Give every policy that can still be read, the newest first; the default's is not among them."""
        query = select(PolicyRow.version, PolicyRow.document).order_by(PolicyRow.version.desc())
        with journal_errors():
            async with self._session() as session:
                rows = (await session.execute(query)).all()
        for number, document in rows:
            with suppress(PolicyInvalidError):
                yield _Row(number, document).policy()

    async def _newest(self) -> _Row:
        return await self._row(None) or _DEFAULT

    async def _row(self, number: int | None) -> _Row | None:
        query = select(PolicyRow.version, PolicyRow.document).order_by(PolicyRow.version.desc()).limit(1)
        if number is not None:
            query = query.where(PolicyRow.version == number)
        with journal_errors():
            async with self._session() as session:
                found = (await session.execute(query)).one_or_none()
        return None if found is None else _Row(found[0], found[1])

    async def _conflict(self, expected: str) -> PolicyConflictError:
        current = await self.current()
        known: _Row | None = None
        if expected == DEFAULT_POLICY.version:
            known = _DEFAULT
        elif expected.isascii() and expected.isdigit() and len(expected) < 10:
            known = await self._row(int(expected))
        if known is None:
            return PolicyConflictError(expected, current, ())
        return PolicyConflictError(
            expected, current, differences(json.loads(known.document), current.model_dump(mode="json"))
        )

    async def _try_to_post(self) -> None:
        for _ in range(POSTINGS):
            try:
                await self.post()
            except (BlindError, JournalDownError) as error:
                self.why_not_posted = error.why if isinstance(error, BlindError) else "database"
            else:
                self.why_not_posted = ""
                return
        log.warning("policy.not_posted", extra={"why": self.why_not_posted})
