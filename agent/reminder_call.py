"""How one call went that we made about a task, written down: at once, or when the people's database is back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

from redis.exceptions import RedisError

from agent.outbound_rules import Outcome
from agent.reminder_settling import settle
from agent.unwritten import Unwritten
from people.database import BUSY_MS, DATABASE_AWAY
from people.reminder_calls import Claimed, ReminderCalls
from people.reminder_consent import ReminderConsents
from people.settings import PeopleSettings
from people.store import People

log = logging.getLogger("agent.reminder")

LOOK_SECONDS: Final = 60.0
WRITE_SECONDS: Final = 8.0
"""How long a database may take until it counts as away: a job whose room is gone has 15 s until it is ended."""


class ReminderCall:
    """How one call went. It is none where the caller called us: then nothing is written."""

    def __init__(
        self,
        people: People,
        call_id: str,
        number: str | None,
        settings: PeopleSettings,
        unwritten: Unwritten,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._clock = clock
        self._calls = ReminderCalls(people.engine)
        self._consents = ReminderConsents(people.engine, settings.tasks_token_secret)
        self._id = call_id
        self._number = number
        self._unwritten = unwritten

    @property
    def is_one(self) -> bool:
        """Whether we called."""
        return bool(self._id)

    async def proved(self, user_id: str) -> None:
        """Somebody proved who they are. Another one of the household is not told, and is not called for it again.

        Raises DATABASE_AWAY.
        """
        known = await self._calls.wish(self._id) if self._id else None
        if known is not None and known.wish.user_id != user_id:
            await self._calls.settle(self._id, Outcome.NO_PROOF.value)

    async def went(self, outcome: Outcome) -> None:
        """It went so: it is over, or tried again later. Written when the database is back, where it is away."""
        if self._id:
            await self._write(outcome, self._settle)

    async def opted_out(self) -> bool:
        """Whoever picked up wants no more calls. Written when the database is back, where it is away: False then."""
        return await self._write(Outcome.OPTED_OUT, self._stop)

    async def _write(self, outcome: Outcome, write: Callable[[Outcome], Awaitable[None]]) -> bool:
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await write(outcome)
        except DATABASE_AWAY as error:
            extra = {"outcome": outcome.value, "error": type(error).__name__}
            log.warning("reminder.written_later", extra=extra)
            await self._unwritten.keep(self._id, outcome)
            return False
        except asyncio.CancelledError:
            await self._unwritten.keep(self._id, outcome)  # nobody else knows of it
            raise
        return True

    async def _settle(self, outcome: Outcome) -> None:
        known = await self._calls.wish(self._id)
        if outcome is Outcome.UNWANTED:  # first: what is settled is not written a second time
            await self._never_again(known)
        if known is None:
            return
        await settle(self._calls, self._id, outcome, attempts=known.attempts, now=self._clock())
        if outcome is Outcome.NO_SUCH_NUMBER:
            await self._consents.stop_if_nobodys(known.wish.user_id, outcome.value)

    async def _never_again(self, known: Claimed | None) -> None:
        number = self._number
        if number is None and known is not None:
            number, _ = await self._consents.number_of(known.wish.user_id)
        if number is not None:
            await self._consents.never_again(number)

    async def _stop(self, outcome: Outcome) -> None:
        known = await self._calls.wish(self._id)
        await self._never_again(known)
        if known is not None:
            await self._consents.set(known.wish.user_id, given=False, how="key")
        await self._settle(outcome)


async def write_later(unwritten: Unwritten, settings: PeopleSettings) -> None:
    """Write how calls went, and who wants no more, where that could not be written then. Raises RedisError and DATABASE_AWAY."""
    if not await unwritten.are_there():
        return
    async with People(settings.database_url, wait_ms=BUSY_MS) as people:
        await people.ping()
        consents = ReminderConsents(people.engine, settings.tasks_token_secret)
        for user_id, (how, at) in (await unwritten.stops()).items():
            await consents.stopped_then(user_id, how, at)
            await unwritten.stop_written(user_id)
        async for call_id, outcome in unwritten.take():
            call = ReminderCall(people, call_id, None, settings, unwritten)
            if outcome is Outcome.OPTED_OUT:
                if await call.opted_out():
                    await unwritten.written(call_id)
            else:
                await call.went(outcome)


async def keep_writing(
    unwritten: Unwritten, settings: PeopleSettings, *, every_seconds: float = LOOK_SECONDS
) -> None:
    """Write them as soon as that can be done, until cancelled."""
    while True:
        try:
            await write_later(unwritten, settings)
        except (RedisError, *DATABASE_AWAY) as error:
            log.info("reminder.writing_waits", extra={"error": type(error).__name__})
        await asyncio.sleep(every_seconds)
