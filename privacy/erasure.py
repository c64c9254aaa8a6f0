"""Erasing a person everywhere: people, live calls, tasks, the journal's names, Redis, and the bytes that stay behind.

The person goes first, so that nothing of theirs can begin any more; then their calls end; then the other rooms follow,
the journal last, since calls tell it of themselves to their end.
Whatever cannot be reached is done later by any worker (`privacy.finishing`): the first step wrote that it was asked for.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from redis.asyncio import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from mcp_tasks.database import create_engine as create_tasks_engine
from mcp_tasks.erasure import OwnersData
from mcp_tasks.migrate import migrate as migrate_tasks
from mcp_tasks.one_migration import NewerTablesError
from people.audit import SELF
from people.database import create_engine
from people.erasure import OWNED, Erasures, digest_of
from people.migrate import migrate as migrate_people
from privacy.live_calls import LiveCalls
from privacy.places import Places
from privacy.scrubbing import scrub_database, scrub_redis
from privacy.wished import Wished
from routing.erasure import forget_name, known_subject
from routing.journal import JournalDownError
from routing.migrate import migrate as migrate_routing

log = logging.getLogger("privacy.erasure")

AWAY: Final = (SQLAlchemyError, RedisError, JournalDownError, OSError)
"""What a place raises that does not answer. TimeoutError is an OSError."""
CALLS_END_SECONDS: Final = 20.0
REDIS_SECONDS: Final = 5.0
NOT_OURS: Final = (
    "NOT DONE: a newer version of the product keeps things here that this one does not know, and finishes it"
)


@dataclass
class Step:
    """What was done in one place. `left` counts what still names the person there, looked for afterwards."""

    place: str
    removed: dict[str, int] = field(default_factory=dict)
    left: int | None = None
    note: str = ""

    @property
    def is_done(self) -> bool:
        """Whether nothing is left, as far as it could be looked for."""
        return self.left == 0 and not self.note.startswith("NOT DONE")


@dataclass
class Proof:
    """What an erasure did, place by place. It names nobody: `digest` is SHA-256 of the random id that they had."""

    digest: str
    at: str
    steps: list[Step]

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left anywhere."""
        return all(step.is_done for step in self.steps)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"complete": self.is_complete, **asdict(self)}


async def erase(places: Places, user_id: str, *, actor: str = SELF, within_call: str | None = None) -> Proof:
    """Erase a person. Once more does no harm. Raises what SQLAlchemy raises when people cannot be reached: nothing is done.

    `within_call` is the call in which they ask for it: it is not told to end, since it knows and says so.
    """
    proof = Proof(digest_of(user_id), datetime.now(UTC).isoformat(timespec="seconds"), [])
    is_known = await _knows(migrate_people, places.people)
    async with _engine(places.people, create_engine) as people:
        erasures = Erasures(people)
        removed = await erasures.begin(user_id, actor=actor)
        # The calls are told at once, so that they end while the rest is done.
        calls = await _attempt(
            Step("live calls"), lambda step: _end_calls(step, places, user_id, within_call)
        )
        own = await _attempt(Step("people", removed), lambda step: _people(step, people, user_id, is_known))
        tasks = await _attempt(Step("tasks"), lambda step: _tasks(step, places, user_id))
        # Waits for the calls to be over: what they still tell the journal goes with the name.
        redis = await _attempt(Step("redis"), lambda step: _redis(step, places, user_id, within_call))
        journal = await _attempt(Step("journal"), lambda step: _journal(step, places, user_id))
        proof.steps = [own, calls, tasks, journal, redis]
        if proof.is_complete:
            await erasures.complete(user_id)
    log.info("erasure.done", extra={"outcome": "complete" if proof.is_complete else "incomplete"})
    return proof


async def _attempt(step: Step, work: Callable[[Step], Awaitable[None]]) -> Step:
    try:
        await work(step)
    except AWAY as error:
        step.note = f"NOT DONE: {step.place} cannot be reached ({type(error).__name__})"
        step.left = None
        log.warning("erasure.place_away", extra={"source": step.place, "error": type(error).__name__})
    except Exception:
        # The person is gone by now: whatever a place does, the others are gone through, and this one is left for later.
        step.note, step.left = f"NOT DONE: {step.place} failed; see the log", None
        log.exception("erasure.place_failed", extra={"source": step.place})
    return step


async def _knows(migrate: Callable[[str], Awaitable[None]], url: str) -> bool:
    """Bring tables up to date; whether there are none but those that we know. In a rollout a newer version has its own."""
    try:
        await migrate(url)
    except NewerTablesError as error:
        log.warning("erasure.newer_tables", extra={"what": str(error)})
        return False
    return True


async def _people(step: Step, engine: AsyncEngine, user_id: str, is_known: bool) -> None:
    note = await scrub_database(engine, [table.__tablename__ for table, _ in OWNED.values()])
    step.note = note if is_known else NOT_OURS
    step.left = await Erasures(engine).left(user_id)


async def _tasks(step: Step, places: Places, user_id: str) -> None:
    is_known = await _knows(migrate_tasks, places.tasks)
    async with _engine(places.tasks, create_tasks_engine) as engine:
        data = OwnersData(engine)
        step.removed = await data.erase(user_id)
        note = await scrub_database(engine, list(step.removed))
        step.note = note if is_known else NOT_OURS
        step.left = await data.left(user_id)


async def _journal(step: Step, places: Places, user_id: str) -> None:
    is_known = await _knows(migrate_routing, places.routing)
    async with _engine(places.routing, lambda url: create_engine(url, busy=True)) as engine:
        step.removed = await forget_name(engine, user_id)
        note = await scrub_database(engine, ["routing_subjects"])
        step.note = note if is_known else NOT_OURS
        step.left = int(await known_subject(engine, user_id) is not None)


async def _end_calls(step: Step, places: Places, user_id: str, within_call: str | None) -> None:
    async with redis_at(places.redis) as redis:
        live = LiveCalls(redis)
        found = await live.of(user_id)
        told = [call_id for call_id in found if await live.end(call_id)]
        step.removed = {"calls ended": len([each for each in found if each != within_call])}
        step.left = await live.threads(found)
        step.note = f"{len(told)} told to end" if told else ""


async def _redis(step: Step, places: Places, user_id: str, within_call: str | None) -> None:
    """Wait for the calls to be over, and look again: what was on its way may have come since."""
    async with redis_at(places.redis) as redis:
        live = LiveCalls(redis)
        found = await live.of(user_id)
        for call_id in found:
            await live.end(call_id)
        others = [call_id for call_id in found if call_id != within_call]
        late = await live.wait(others, seconds=CALLS_END_SECONDS)
        await live.forget_cut_off(user_id)
        await Wished(redis).begun(user_id)  # the first step wrote it down
        step.note = await scrub_redis(redis)
        step.left = len(late) + await live.threads(found)
        if late:
            step.note = f"NOT DONE: {len(late)} calls have not ended yet"


@asynccontextmanager
async def _engine(url: str, make: Callable[[str], AsyncEngine]) -> AsyncIterator[AsyncEngine]:
    engine = make(url)
    try:
        yield engine
    finally:
        await engine.dispose()


@asynccontextmanager
async def redis_at(url: str) -> AsyncIterator[Redis]:
    """Connect to Redis, which may take 5 s for each answer."""
    redis = Redis.from_url(
        url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS, retry=Retry(NoBackoff(), 0)
    )
    try:
        yield redis
    finally:
        await redis.aclose()
