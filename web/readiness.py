"""Can a call be served? Each part is asked at once, for two seconds at most."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urljoin

import httpx
from redis.exceptions import RedisError

from mcp_tasks.connection import tls
from people.database import DATABASE_AWAY
from web.rooms import UNREACHABLE
from web.services import Services
from web.slots import Capacity

_PATIENCE_SECONDS = 2
_FRESH_SECONDS = 1
"""Answers are shared for this long, so that asking often costs the servers behind us nothing."""


@dataclass(frozen=True)
class Part:
    """One thing that a call needs. `needed` is False for what a call can be served without."""

    name: str
    ok: bool
    detail: str
    fix: str = ""
    needed: bool = True


class Readiness:
    """Asks the parts, and remembers the answers for a second."""

    def __init__(self, services: Services, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._clock = clock
        self._asking = asyncio.Lock()
        self._asked_at = float("-inf")
        self._parts: tuple[Part, ...] = ()

    async def parts(self) -> tuple[Part, ...]:
        """Give every part, in the order in which a call meets them."""
        async with self._asking:
            if self._clock() - self._asked_at > _FRESH_SECONDS:
                asked = await asyncio.gather(
                    self._database(), self._livekit(), self._task_server(), self._redis_and_workers()
                )
                self._parts = (*asked[:3], *asked[3])
                self._asked_at = self._clock()
            return self._parts

    async def _database(self) -> Part:
        return await _ask(
            "accounts",
            self._services.people.ping,
            DATABASE_AWAY,
            "Check VOICETASKS_PEOPLE_DATABASE_URL or DATABASE_URL.",
        )

    async def _livekit(self) -> Part:
        return await _ask(
            "livekit",
            self._services.rooms.ping,
            UNREACHABLE,
            "Start livekit-server, and check LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET.",
        )

    async def _task_server(self) -> Part:
        has_tasks = True

        async def ask() -> None:
            nonlocal has_tasks
            address = urljoin(self._services.settings.tasks_url, "/readyz")
            async with httpx.AsyncClient(timeout=_PATIENCE_SECONDS, trust_env=False, verify=tls()) as client:
                answer = await client.get(address)
            has_tasks = answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE
            if has_tasks:
                answer.raise_for_status()

        part = await _ask(
            "tasks",
            ask,
            (httpx.HTTPError, httpx.InvalidURL, ValueError),  # the last two: an address that is none
            "Start it with `voicetasks tasks`, and check VOICETASKS_WEB_TASKS_URL.",
        )
        if has_tasks:
            return part
        fix = "Check VOICETASKS_TASKS_DATABASE_URL or DATABASE_URL of the task server."
        return Part("tasks", ok=False, detail="answers, but its database does not", fix=fix)

    async def _redis_and_workers(self) -> tuple[Part, Part]:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                capacity = await self._services.slots.capacity()
        except (RedisError, TimeoutError):
            return (
                Part("redis", ok=False, detail="does not answer", fix="Check REDIS_URL.", needed=False),
                Part(
                    "worker", ok=False, detail="unknown without redis", fix="Check REDIS_URL.", needed=False
                ),
            )
        return Part("redis", ok=True, detail="answers", needed=False), _worker(capacity)


def _worker(capacity: Capacity) -> Part:
    if capacity.workers == 0:
        return Part("worker", ok=False, detail="none is there", fix="Start one with `voicetasks worker`.")
    free = f"{capacity.free} of {capacity.slots} lines free, workers: {capacity.workers}"
    return Part("worker", ok=True, detail=free)


async def _ask(
    name: str, question: Callable[[], Awaitable[None]], failures: tuple[type[BaseException], ...], fix: str
) -> Part:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await question()
    except TimeoutError:
        return Part(name, ok=False, detail="does not answer", fix=fix)
    except failures as error:
        return Part(name, ok=False, detail=f"does not answer ({type(error).__name__})", fix=fix)
    return Part(name, ok=True, detail="answers")
