"""The transcript of a call: kept with the caller's consent, never on the way of their voice."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from agent.invitation import Invitation
from people.consent import Consents, Door, Speaker
from people.settings import PeopleSettings
from people.store import People
from people.user import User

log = logging.getLogger("agent.transcript")

GATHER_SECONDS: Final = 0.5
"""What is said within it is written together."""
MOST_WAITING: Final = 500
"""Lines that wait for a database which does not answer; past it they are lost, and the call goes on."""


@asynccontextmanager
async def transcribing(
    invitation: Invitation, user: User, settings: PeopleSettings
) -> AsyncIterator[Transcript]:
    """Open a call's transcript for as long as the call lasts."""
    transcript = Transcript(
        settings.database_url,
        user_id=user.id,
        door=invitation.channel,
        call_id=invitation.call_id,
        days=settings.transcript_days,
    )
    await transcript.open()
    try:
        yield transcript
    finally:
        await transcript.aclose()


class Transcript:
    """What is kept of one call. Nothing waits for it, and nothing is kept before the caller allows it.

    Each write looks at the consent once more, so that a no on the page counts in the middle of a call.
    """

    def __init__(self, database_url: str, *, user_id: str, door: Door, call_id: str, days: int) -> None:
        self._people = People(database_url)
        self._consents = Consents(self._people.engine)
        self._user_id = user_id
        self._door: Door = door
        self._call_id = call_id
        self._waiting: list[tuple[datetime, Speaker, str]] = []
        self._some = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None
        self.days: Final = days
        """How long it is kept."""
        self.consent: bool | None = None
        """What the caller said to it, as far as we know; None when they were never asked."""

    async def open(self) -> None:
        """Find out what the caller said to it before."""
        try:
            self.consent = await self._consents.of(self._user_id, self._door)
        except SQLAlchemyError as error:
            log.warning("transcript.database_down", extra={"error": type(error).__name__})
            self.consent = False  # nobody can be asked when the answer cannot be kept
        self._writing = asyncio.create_task(self._write(), name="transcript.write")

    def said(self, speaker: Speaker, text: str) -> None:
        """Take down what was said, if that is allowed."""
        # What was not allowed at the start may be since, on the page: the write will know.
        if text and len(self._waiting) < MOST_WAITING:
            self._waiting.append((datetime.now(UTC), speaker, text))
            self._some.set()

    async def allow(self, given: bool) -> bool:
        """Remember the caller's word on it; whether that was possible. A no deletes what had been kept."""
        self._waiting.clear()
        try:
            await self._consents.set(self._user_id, self._door, given=given)
        except SQLAlchemyError as error:
            log.error("consent.not_kept", extra={"error": type(error).__name__})
            return False
        self.consent = given
        log.info("consent.changed", extra={"given": given, "channel": self._door})
        return True

    async def aclose(self) -> None:
        """Write what is left."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
        await self._flush()
        await self._people.aclose()

    async def _write(self) -> None:
        while True:
            await self._some.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._some.clear()
            await asyncio.shield(self._flush())

    async def _flush(self) -> None:
        lines, self._waiting = self._waiting, []
        if not lines:
            return
        try:
            await self._consents.keep(self._user_id, self._door, self._call_id, lines)
        except SQLAlchemyError as error:
            log.warning("transcript.lost", extra={"count": len(lines), "error": type(error).__name__})
