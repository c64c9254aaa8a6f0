"""Calls people about tasks that are due, if they wanted that: a process of its own, `python -m agent.outbound`.

It looks every few seconds for what is due, claims one call at a time and makes it. Any number of these processes may
run. What is said in the call is the agent's affair (`agent.reminder`), once its person has proved who they are.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final
from uuid import uuid4

from pydantic import ValidationError
from pydantic_settings import SettingsError
from redis.exceptions import RedisError
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.dialling import Dialler, Dials
from agent.logs import configure
from agent.outbound_health import CannotListenError, OutboundHealth
from agent.outbound_rules import (
    TOO_LATE,
    Rules,
    clocks_of,
    free_from,
    is_too_late,
    may_call_country,
)
from agent.production import REFUSED, refuse, start_refusals, unreadable
from agent.reminder_call import ReminderCall
from agent.served import connect
from agent.settings import AgentSettings, OutboundSettings
from agent.unwritten import Unwritten
from mcp_tasks.database import create_engine as create_tasks_engine
from mcp_tasks.phone_reminders import PhoneReminder, PhoneReminders
from people.database import DATABASE_AWAY
from people.reminder_calls import Caps, Claimed, ReminderCalls, Wish
from people.reminder_consent import ReminderConsents
from people.settings import PeopleSettings
from people.store import People
from people.user import DEFAULT_TIME_ZONE
from privacy.places import Places
from routing.workers import LiveWorkers

log = logging.getLogger("agent.outbound")

LOOK_SECONDS: Final = 5.0
LOOK_BACK: Final = TOO_LATE + timedelta(hours=24)
"""What was due in a quiet night is called about in the morning."""
NOTED_AT_ONCE: Final = 500
"""In one transaction, in which nobody else claims a call."""
CAP_AGAIN: Final = {
    "per_minute": timedelta(minutes=1),
    "per_day": timedelta(hours=1),
    "per_person_day": timedelta(hours=1),
}
NO_LINE_AGAIN: Final = timedelta(minutes=1)


async def is_line_free(workers: LiveWorkers) -> bool:
    """Whether a worker could serve whoever picks up. While Redis is away nobody knows, and they are called."""
    try:
        return any(worker.has_room for worker in await workers.alive())
    except RedisError:
        return True


class Outbound:
    """Looks, claims, calls. One at a time: more processes make more calls at once."""

    def __init__(
        self,
        people: People,
        tasks: AsyncEngine,
        settings: PeopleSettings,
        unwritten: Unwritten,
        dialler: Dials,
        rules: Rules,
        caps: Caps,
        *,
        is_line_free: Callable[[], Awaitable[bool]],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._people = people
        self._due = PhoneReminders(tasks)
        self._calls = ReminderCalls(people.engine)
        self._consents = ReminderConsents(people.engine, settings.tasks_token_secret)
        self._settings = settings
        self._unwritten = unwritten
        self._dialler = dialler
        self._rules = rules
        self._caps = caps
        self._is_line_free = is_line_free
        self._clock = clock
        self._name = uuid4().hex

    async def look(
        self, is_stopped: Callable[[], bool] = lambda: False, looked: Callable[[], None] = lambda: None
    ) -> int:
        """Note what has become due, and make the calls that may be made now; how many telephones rang.

        Once stopped no further telephone rings: whoever is ended in the middle of a ringing leaves a call without an agent.
        `looked` is told of each step: many calls at once take an hour, and whoever makes them is not stuck.
        """
        now = self._clock()
        found = await self._due.due(now, within=LOOK_BACK)
        wishes = [Wish(each.owner, each.task_id, each.at) for each in found]
        for first in range(0, len(wishes), NOTED_AT_ONCE):
            await self._calls.note(wishes[first : first + NOTED_AT_ONCE])
        await self._calls.forget(now)
        looked()
        rang = 0
        while (
            not is_stopped() and (claimed := await self._calls.claim(self._name, self._clock())) is not None
        ):
            rang += await self._call(claimed)
            looked()
        return rang

    async def _call(self, claimed: Claimed) -> bool:
        now = self._clock()
        number = await self._number(claimed, now)
        if number is None:
            return False
        if not await self._is_line_free():
            # Nobody's telephone rings to hear that all lines are busy.
            log.info("reminder.put_off", extra={"outcome": "no_free_line"})
            await self._calls.again(claimed.id, "no_free_line", now + NO_LINE_AGAIN)
            return False
        in_the_way = await self._calls.may_dial(claimed, self._name, self._caps, now)
        if in_the_way == "lost":
            return False
        if in_the_way is not None:
            await self._calls.again(claimed.id, in_the_way, now + CAP_AGAIN[in_the_way])
            return False
        outcome = await self._dialler.dial(number, claimed.id)
        if outcome is None:
            log.info("reminder.answered")
            return True
        # Time takes back no call that was dialled: a database that is away just now must not lose what became of it.
        call = ReminderCall(
            self._people, claimed.id, number, self._settings, self._unwritten, clock=self._clock
        )
        await call.went(outcome)
        return True

    async def _number(self, claimed: Claimed, now: datetime) -> str | None:
        """The number to call now; None where nobody is to be called, or not yet, and that is written down."""
        number, why_not = await self._who(claimed.wish)
        if number is None:
            await self._nobody(claimed, why_not)
            return None
        user = await self._people.user_by_id(claimed.wish.user_id)
        clocks = clocks_of(user.time_zone if user is not None else DEFAULT_TIME_ZONE, number)
        if is_too_late(claimed.wish.at, now, clocks, self._rules):
            await self._nobody(claimed, "too_late")
            return None
        if (free := free_from(now, clocks, self._rules)) > now:
            await self._calls.again(claimed.id, "quiet_hours", free)
            return None
        return number

    async def _nobody(self, claimed: Claimed, why_not: str) -> None:
        """Write down that nobody is called about this any more."""
        log.info("reminder.not_called", extra={"outcome": why_not})
        await self._calls.settle(claimed.id, why_not)

    async def _who(self, wish: Wish) -> tuple[str | None, str]:
        """The number, or None and why nobody is called about this any more."""
        if not await self._due.stands(PhoneReminder(wish.user_id, wish.task_id, wish.at)):
            return None, "not_wanted_now"
        number, why_not = await self._consents.number_to_call(wish.user_id)
        if number is None:
            return None, why_not or ""
        if not may_call_country(number, self._rules):
            return None, "country"
        return number, ""


async def run(
    stop: asyncio.Event, settings: OutboundSettings, agent: AgentSettings, people_settings: PeopleSettings
) -> None:
    """Look until told to stop. Without a trunk to call by it says so and does nothing. Raises CannotListenError."""
    async with OutboundHealth(settings.host, settings.port) as health:
        if settings.trunk_id:
            await _keep_looking(stop, settings, agent, people_settings, health)
            return
        log.warning("outbound.no_trunk")
        print("reminders: VOICETASKS_OUTBOUND_TRUNK_ID is not set, so nobody is called", flush=True)
        await stop.wait()


async def _keep_looking(
    stop: asyncio.Event,
    settings: OutboundSettings,
    agent: AgentSettings,
    people_settings: PeopleSettings,
    health: OutboundHealth,
) -> None:
    tasks = create_tasks_engine(Places.from_environment().tasks)
    health.begins()
    try:
        async with (
            People(people_settings.database_url) as people,
            connect(agent.redis_url) as redis,
            Dialler(
                agent.livekit_url,
                agent.livekit_api_key,
                agent.livekit_api_secret.get_secret_value(),
                trunk_id=settings.trunk_id,
            ) as dialler,
        ):
            outbound = Outbound(
                people,
                tasks,
                people_settings,
                Unwritten(redis),
                dialler,
                settings.rules,
                settings.caps,
                is_line_free=partial(is_line_free, LiveWorkers(redis)),
            )
            while not stop.is_set():
                try:
                    await outbound.look(stop.is_set, health.looked)
                except DATABASE_AWAY as error:
                    log.warning("outbound.database_away", extra={"error": type(error).__name__})
                    health.goes_on()
                try:
                    async with asyncio.timeout(LOOK_SECONDS):
                        await stop.wait()
                except TimeoutError:
                    continue
    finally:
        await tasks.dispose()


async def _until_told(settings: OutboundSettings, agent: AgentSettings, people: PeopleSettings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await run(stop, settings, agent, people)


def main() -> None:
    """Run with the environment's settings. Exit code 2: they speak against starting."""
    configure("INFO")
    try:
        settings, agent, people = OutboundSettings(), AgentSettings(), PeopleSettings()
        refusals = start_refusals(agent, people)
    except (ValidationError, SettingsError) as error:
        refusals = unreadable(error)
    if refusals:
        refuse(log, "outbound.not_started", refusals)
    configure(agent.log_level)
    try:
        asyncio.run(_until_told(settings, agent, people))
    except CannotListenError as error:
        print(f"reminders: {error}", file=sys.stderr, flush=True)
        sys.exit(REFUSED)


if __name__ == "__main__":
    main()
