"""The services' health as one process knows it: told by Redis, looked up every second, never asked for in vain.

While Redis is away the process goes by what it knew and by what it meets itself, under the same rules.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import Final
from uuid import uuid4

from redis.exceptions import RedisError

from routing.breaker import Breakers, Step
from routing.budget import PREFIX
from routing.decision import Unhealthy
from routing.ending import ended
from routing.health import BreakerRules, Health
from routing.redis_link import BlindError, RedisLink
from tiers.faults import Fault

log = logging.getLogger("routing.health_watch")

LOOK_SECONDS: Final = 1.0
"""Between two looks at Redis when no message comes."""
LISTEN_AGAIN_SECONDS: Final = 0.5
ALONE_SECONDS: Final = 5.0
"""Redis must have been away for so long before a process probes by itself: others may still see it."""
TRIES: Final = 5
TRY_AGAIN_SECONDS: Final = 0.5
"""A report is off the voice path: a Redis that is slow or away for a moment gets it all the same."""
CLOSE_SECONDS: Final = 1.0
"""The longest that closing waits for a report on its way to Redis."""


class HealthWatch:
    """Follows the services' health and adds to it. `start` it once in a process or call, `aclose` it."""

    def __init__(
        self,
        link: RedisLink,
        rules: BreakerRules,
        *,
        prefix: str = PREFIX,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._breakers = Breakers(link, prefix=prefix)
        self._rules = rules
        self._clock = clock
        self._known: dict[str, Health] = {}
        self._unhealthy: tuple[Unhealthy, ...] = ()
        self._ahead_ms = time.time() * 1000 - clock() * 1000
        """How far Redis' clock is ahead of ours."""
        self._away_since: float | None = None
        self._callbacks: list[Callable[[], None]] = []
        self._heard = asyncio.Event()
        self._changes = 0
        self._closed = False
        self._tasks: list[asyncio.Task[None]] = []
        self._reports: set[asyncio.Task[None]] = set()

    def unhealthy(self) -> tuple[Unhealthy, ...]:
        """Name the services that nobody dials now, with their times, in order."""
        return self._unhealthy

    def due(self) -> tuple[str, ...]:
        """Name the services that somebody should probe now."""
        now = self._now_ms()
        return tuple(
            sorted(service for service, health in self._known.items() if health.is_due(now, self._rules))
        )

    def on_change(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Have a function called when `unhealthy` is another, in the event loop; returns what takes it off again."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback) if callback in self._callbacks else None

    async def start(self) -> None:
        """Read what is known and follow it from now on. Takes 200 ms at most."""
        await self._look()
        self._tasks = [
            asyncio.create_task(self._follow(), name="health.follow"),
            asyncio.create_task(self._listen(), name="health.listen"),
        ]

    async def aclose(self) -> None:
        """Follow no more, and let what is on its way to Redis arrive. What is reported later is nobody's to hear."""
        self._closed = True
        if self._reports:
            await asyncio.wait(self._reports, timeout=CLOSE_SECONDS)
        await ended(*self._tasks, *self._reports)

    def failed(self, service: str, fault: Fault) -> None:
        """Report a failure, in the background. What says nothing of the service's health is left out."""
        if fault.counts:
            report = uuid4().hex
            self._report(service, lambda known, now: known.failed(now, fault, self._rules, report))

    def worked(self, service: str, *, against_advice: bool = False) -> None:
        """Report that a new connection works; in the background, and only where that is news.

        `against_advice`: it was dialled though it is unhealthy, since nothing better was left.
        """
        health = self._known.get(service)
        if health is not None and (health.failures or (against_advice and health.is_open)):
            self._report(service, lambda known, now: known.worked(now, against_advice=against_advice))

    async def claim(self, service: str) -> str | None:
        """Get the right to probe a service; None when it is not due or somebody else has it. Give it to `probed`."""
        token = uuid4().hex

        def claim(known: Health, now: int) -> Health:
            return known.claimed(now, token, self._rules)

        health = await self._change(service, claim)
        if health is None and self._is_alone:
            health = self._change_here(service, claim)
        return token if health is not None and health.probe == token else None

    async def probed(self, service: str, token: str, fault: Fault | None) -> None:
        """Report how the probe went; None: the service is well."""
        await self._persist(service, lambda known, now: known.probed(now, token, fault, self._rules))

    def _report(self, service: str, step: Step) -> None:
        if self._closed:
            return
        task = asyncio.create_task(self._persist(service, step), name="health.report")
        self._reports.add(task)
        task.add_done_callback(self._reports.discard)

    async def _persist(self, service: str, step: Step) -> None:
        """Change what is known, trying for a while; in the end for this process only."""
        for _ in range(TRIES):
            if self._is_alone:
                break
            if await self._change(service, step) is not None:
                return
            await asyncio.sleep(TRY_AGAIN_SECONDS)
        self._change_here(service, step)

    @property
    def _is_alone(self) -> bool:
        return self._away_since is not None and self._clock() - self._away_since >= ALONE_SECONDS

    async def _change(self, service: str, step: Step) -> Health | None:
        """Change what is known, in Redis; None when that gave no answer."""
        try:
            reading = await self._breakers.change(service, step)
        except BlindError as error:
            self._away(error)
            return None
        self._ahead_ms = reading.now_ms - self._clock() * 1000
        return self._changed(service, reading.services[service])

    def _change_here(self, service: str, step: Step) -> Health:
        return self._changed(service, step(self._known.get(service, Health()), self._now_ms()))

    def _changed(self, service: str, after: Health) -> Health:
        if after.is_open != self._known.get(service, Health()).is_open:
            log.warning(
                "breaker.opened" if after.is_open else "breaker.closed",
                extra={"service": service, "fault": after.fault, "seconds": after.cool / 1000},
            )
        self._changes += 1
        self._learn({**self._known, service: after})
        return after

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._heard.wait()
            self._heard.clear()
            await self._look()

    async def _listen(self) -> None:
        """Wake the follower whenever a message comes, and when listening begins: what was said before was missed."""
        while True:
            try:
                async with self._breakers.listener() as listener:
                    while True:
                        await listener.get_message(timeout=None)
                        self._heard.set()
            except (BlindError, RedisError, OSError):
                await asyncio.sleep(LISTEN_AGAIN_SECONDS)

    async def _look(self) -> None:
        changes = self._changes
        try:
            reading = await self._breakers.read()
        except BlindError as error:
            self._away(error)
            return
        self._away_since = None
        self._ahead_ms = reading.now_ms - self._clock() * 1000
        if changes != self._changes:  # what was read may be older than what was changed meanwhile
            self._heard.set()
            return
        self._learn(reading.services)

    def _away(self, error: BlindError) -> None:
        if self._away_since is None:
            self._away_since = self._clock()
            log.warning("health.redis_away", extra={"why": error.why})

    def _learn(self, known: dict[str, Health]) -> None:
        self._known = known
        found = (health.as_unhealthy(service) for service, health in sorted(known.items()))
        unhealthy = tuple(one for one in found if one is not None)
        if unhealthy == self._unhealthy:
            return
        self._unhealthy = unhealthy
        for callback in list(self._callbacks):
            try:
                callback()
            except Exception:
                log.exception("health.callback_failed")

    def _now_ms(self) -> int:
        return round(self._clock() * 1000 + self._ahead_ms)
