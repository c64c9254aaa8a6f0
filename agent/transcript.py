"""The transcript of a call: kept with the caller's consent, never on the way of their voice."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from agent.invitation import Invitation
from people.consent import Consents, Door, Speaker
from people.database import BUSY_MS, DATABASE_AWAY
from people.settings import PeopleSettings
from people.store import People
from people.user import User

log = logging.getLogger("agent.transcript")

GATHER_SECONDS: Final = 0.5
"""What is said within it is written together."""
MOST_WAITING: Final = 500
"""Lines that wait for a database which does not answer; past it they are lost, and the call goes on."""
OPEN_SECONDS: Final = 1.5
"""How long the greeting may wait for what the caller said to transcripts before."""
CHANGE_SECONDS: Final = 3.0
"""How long the answer to «stop recording» may wait for the database."""
WRITE_SECONDS: Final = 5.0
AGAIN_SECONDS: Final = 2.0
"""After it a no that the database did not take is tried again."""
CLOSE_SECONDS: Final = 4.0
LET_GO_SECONDS: Final = 6.0
"""SQLite waits 5 s for another's lock, and only then lets go of what was given up."""

T = TypeVar("T")


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
        self._people = People(database_url, wait_ms=BUSY_MS)
        self._consents = Consents(self._people.engine)
        self._user_id = user_id
        self._door: Door = door
        self._call_id = call_id
        self._waiting: list[tuple[datetime, Speaker, str]] = []
        self._some = asyncio.Event()
        self._silenced = False
        """Nothing is taken down, whatever the database says: it does not know yet what the caller wants."""
        self._is_paused = False
        """Nothing is taken down: the caller may have said that nothing shall be, and is asked."""
        self._no_is_owed = False
        """The caller's no has not reached the database."""
        self._changing = asyncio.Lock()
        self._writing: asyncio.Task[None] | None = None
        self._flushing: asyncio.Task[None] | None = None
        self._settling: asyncio.Task[None] | None = None
        self._at_work: set[asyncio.Task[Any]] = set()
        self.days: Final = days
        """How long it is kept."""
        self.consent: bool | None = None
        """What the caller said to it, as far as we know; None when they were never asked."""

    async def open(self) -> None:
        """Find out what the caller said to it before."""
        try:
            self.consent = await self._within(OPEN_SECONDS, self._consents.of(self._user_id, self._door))
        except DATABASE_AWAY as error:
            log.warning("transcript.database_down", extra={"error": type(error).__name__})
            self.consent = False  # nobody can be asked when the answer cannot be kept
        self._writing = asyncio.create_task(self._write(), name="transcript.write")
        self._writing.add_done_callback(_tell_failure)

    async def is_allowed(self) -> bool:
        """Whether the caller allows now that what is said is kept, as the database has it."""
        return not self._is_paused and await self._is_consented()

    async def fall_silent(self) -> bool:
        """Keep nothing more until `go_on`, or until the caller's word on it; whether anything was kept until now."""
        if self._is_paused:
            return True
        self._is_paused = True  # at once, whatever the database takes
        self._is_paused = await self._is_consented()
        return self._is_paused

    def go_on(self) -> None:
        """Keep what is said again, as before."""
        self._is_paused = False

    async def _is_consented(self) -> bool:
        if self._silenced:
            return False
        try:
            return await self._within(OPEN_SECONDS, self._consents.of(self._user_id, self._door)) is True
        except DATABASE_AWAY:
            return False

    def said(self, speaker: Speaker, text: str) -> None:
        """Take down what was said, if that is allowed."""
        # What was not allowed at the start may be since, on the page: the write will know.
        if text and not self._silenced and not self._is_paused and len(self._waiting) < MOST_WAITING:
            self._waiting.append((datetime.now(UTC), speaker, text))
            self._some.set()

    async def allow(self, given: bool) -> bool:
        """Remember the caller's word on it; whether that was possible. A no deletes what had been kept.

        Where it was not possible nothing more of this call is kept, and a no is tried again until the call is over.
        """
        self._silence(given)
        async with self._changing:
            self._silence(given)
            self._is_paused = False
            await self._stop(self._settling)
            done = False
            try:
                # What a no should have deleted is deleted before a yes counts.
                done = (not self._no_is_owed or await self._set(False)) and (
                    not given or await self._set(True)
                )
            finally:
                self._silenced = self._no_is_owed or not done
                if self._no_is_owed:
                    self._settling = asyncio.create_task(self._settle(), name="transcript.settle")
                    self._settling.add_done_callback(_tell_failure)
        return done

    def _silence(self, given: bool) -> None:
        self._silenced = True
        self._waiting.clear()
        if not given:
            self._no_is_owed = True
            self.consent = False

    async def aclose(self) -> None:
        """Write what is left, and tell the database of a no that it did not take. Bounded in time."""
        await self._stop(self._writing)
        await self._stop(self._settling)
        try:
            await self._within(CLOSE_SECONDS, self._finish())
        except DATABASE_AWAY as error:
            log.warning("transcript.not_closed", extra={"error": type(error).__name__})
        finally:
            if self._flushing is not None:
                self._flushing.cancel()
            # A connection that is still at work when the loop closes would hold up the process for good.
            if self._at_work:
                await asyncio.wait(self._at_work, timeout=LET_GO_SECONDS)
            await self._people.aclose()

    async def _finish(self) -> None:
        if self._no_is_owed:
            await self._set(False)
        if self._flushing is not None:
            await asyncio.wait({self._flushing})
        await self._flush()

    async def _write(self) -> None:
        while True:
            await self._some.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._some.clear()
            self._flushing = asyncio.create_task(self._flush(), name="transcript.flush")
            self._flushing.add_done_callback(_tell_failure)
            # Neither its failure nor our own end may tear a write: it is waited for, not awaited.
            await asyncio.wait({self._flushing})

    async def _flush(self) -> None:
        lines, self._waiting = self._waiting, []
        if not lines or self._silenced:
            return
        try:
            await self._within(
                WRITE_SECONDS, self._consents.keep(self._user_id, self._door, self._call_id, lines)
            )
        except DATABASE_AWAY as error:
            log.warning("transcript.lost", extra={"count": len(lines), "error": type(error).__name__})

    async def _settle(self) -> None:
        """Try until the database has the no."""
        while self._no_is_owed:
            await asyncio.sleep(AGAIN_SECONDS)
            await self._set(False)

    async def _set(self, given: bool) -> bool:
        try:
            await self._within(CHANGE_SECONDS, self._consents.set(self._user_id, self._door, given=given))
        except DATABASE_AWAY as error:
            log.error("consent.not_kept", extra={"given": given, "error": type(error).__name__})
            return False
        if not given:
            self._no_is_owed = False
        self.consent = given
        log.info("consent.changed", extra={"given": given, "channel": self._door})
        return True

    async def _within(self, seconds: float, work: Coroutine[Any, Any, T]) -> T:
        """Await it for so long; raises TimeoutError.

        A session that is cancelled waits for its connection before it lets go, so `asyncio.timeout` bounds nothing here.
        """
        task = asyncio.create_task(work)
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)
        try:
            done, _ = await asyncio.wait({task}, timeout=seconds)
        finally:
            task.cancel()
        if not done:
            raise TimeoutError
        return task.result()

    async def _stop(self, task: asyncio.Task[None] | None) -> None:
        if task is not None:
            task.cancel()
            await asyncio.wait({task})


def _tell_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        # Its text may quote what was said.
        log.error("transcript.write_failed", extra={"error": type(error).__name__})
