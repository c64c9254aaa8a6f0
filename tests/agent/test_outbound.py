"""A task that is due rings its owner's telephone: once, with their consent, in allowed hours, within the caps."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from redis.exceptions import RedisError
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.outbound import Outbound, is_line_free
from agent.outbound_rules import Outcome, Rules
from agent.reminder_call import write_later
from agent.unwritten import Unwritten
from mcp_tasks.caller import Caller
from mcp_tasks.database import create_engine
from mcp_tasks.due import Due
from mcp_tasks.edit import Edit, NewTask
from mcp_tasks.migrate import migrate as migrate_tasks
from mcp_tasks.store import TaskStore
from people.migrate import migrate
from people.models import PhoneRow
from people.phones import Phones
from people.reminder_calls import Caps, ReminderCalls, Wish
from people.reminder_consent import How, ReminderConsents
from people.settings import PeopleSettings
from people.store import People
from people.user import User
from routing.workers import LiveWorkers, Worker

pytestmark = pytest.mark.unit

NUMBER = "+14155550132"
ZONE = ZoneInfo("America/New_York")
NINE = datetime(2026, 11, 27, 9, tzinfo=ZONE)
MANY = Caps(per_minute=100, per_day=100, per_person_day=100)
RULES = Rules(frozenset({"US"}))


@dataclass
class Telephones:
    """What rang; each next call ends as `outcomes` say, the others are picked up."""

    outcomes: list[Outcome | None] = field(default_factory=list)
    rang: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    async def dial(self, number: str, call_id: str) -> Outcome | None:
        self.rang.append(number)
        self.ids.append(call_id)
        await asyncio.sleep(0)
        return self.outcomes.pop(0) if self.outcomes else None


class Kept:
    """How calls went that could not be written, as Redis keeps it."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Outcome] = {}

    async def keep(self, call_id: str, outcome: Outcome) -> None:
        self.outcomes.setdefault(call_id, outcome)

    async def are_there(self) -> bool:
        return bool(self.outcomes)

    async def take(self) -> AsyncIterator[tuple[str, Outcome]]:
        while self.outcomes:
            yield self.outcomes.popitem()

    async def stops(self) -> dict[str, How]:
        return {}


class Stage:
    """One person who agreed, their tasks, and workers that look."""

    def __init__(self, people: People, tasks: AsyncEngine, user: User) -> None:
        self.people, self.tasks, self.user = people, tasks, user
        self.settings = PeopleSettings()
        self.unwritten = Kept()
        self.consents = ReminderConsents(people.engine, self.settings.tasks_token_secret)
        self.store = TaskStore(tasks)
        self.now = NINE
        self.phones = Telephones()
        self.line_is_free = True

    async def task(self, due: datetime | date = NINE, *, by_phone: bool = True) -> str:
        new = NewTask(title="Call mum", due=Due(due), by_phone=by_phone)
        answer = await self.store.create(self.caller, None, new)
        return str(answer["task"]["id"])

    @property
    def caller(self) -> Caller:
        return Caller(self.user.id, ZONE, NINE - timedelta(hours=1))

    def worker(self, *, rules: Rules = RULES, caps: Caps = MANY) -> Outbound:
        return Outbound(
            self.people,
            self.tasks,
            self.settings,
            cast("Unwritten", self.unwritten),
            self.phones,
            rules,
            caps,
            is_line_free=self.has_room,
            clock=lambda: self.now.astimezone(UTC),
        )

    async def has_room(self) -> bool:
        return self.line_is_free

    async def look(self, after: timedelta = timedelta(0), **more: object) -> int:
        self.now += after
        return await self.worker(**more).look()  # type: ignore[arg-type]

    async def outcomes(self) -> list[str]:
        async with self.people.engine.connect() as connection:
            found = await connection.execute(text("SELECT outcome FROM people_reminder_calls ORDER BY at"))
            return list(found.scalars())


@pytest.fixture
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    people_url, tasks_url = (f"sqlite+aiosqlite:///{tmp_path / name}.db" for name in ("people", "tasks"))
    monkeypatch.setenv("VOICETASKS_PEOPLE_DATABASE_URL", people_url)
    monkeypatch.setenv("VOICETASKS_TASKS_TOKEN_SECRET", "a secret that only tests know, 32+ bytes")
    await migrate(people_url)
    await migrate_tasks(tasks_url)
    tasks = create_engine(tasks_url)
    async with People(people_url) as people:
        ann = await people.create_user(email="ann@example.org", password="x", time_zone=ZONE.key)
        await Phones(people.engine).link(ann.id, NUMBER)
        long_ago = NINE - timedelta(days=30)
        async with people.engine.begin() as connection:
            await connection.execute(update(PhoneRow).values(verified_at=long_ago))
        made = Stage(people, tasks, ann)
        await made.consents.set(ann.id, given=True, how="page", now=long_ago)
        yield made
    await tasks.dispose()


async def test_a_task_that_is_due_rings_once_whoever_looks(stage: Stage) -> None:
    await stage.task()
    assert await stage.look(-timedelta(minutes=1)) == 0
    await asyncio.gather(*(stage.look() for _ in range(5)), stage.look(timedelta(minutes=1)))
    assert await stage.look(timedelta(hours=1)) == 0
    assert stage.phones.rang == [NUMBER]


async def test_many_that_are_due_at_once_are_noted_some_at_a_time(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    note = ReminderCalls.note

    async def counted(calls: ReminderCalls, wishes: Sequence[Wish]) -> int:
        sizes.append(len(wishes))
        return await note(calls, wishes)

    monkeypatch.setattr(ReminderCalls, "note", counted)
    monkeypatch.setattr("agent.outbound.NOTED_AT_ONCE", 2)
    for _ in range(5):
        await stage.task()
    assert await stage.look() == 5
    assert sizes == [2, 2, 1]


async def test_who_is_told_to_stop_lets_no_further_telephone_ring(stage: Stage) -> None:
    for _ in range(3):
        await stage.task()
    assert await stage.worker().look(lambda: len(stage.phones.rang) == 1) == 1
    assert await stage.look() == 2


async def test_whoever_makes_many_calls_tells_of_each_that_it_goes_on(stage: Stage) -> None:
    rang_by_then: list[int] = []
    for _ in range(3):
        await stage.task()
    assert await stage.worker().look(looked=lambda: rang_by_then.append(len(stage.phones.rang))) == 3
    assert rang_by_then == [0, 1, 2, 3]


@pytest.mark.parametrize("by_phone", [False])
async def test_a_task_whose_owner_asked_for_no_call_rings_nobody(stage: Stage, by_phone: bool) -> None:
    await stage.task(by_phone=by_phone)
    assert await stage.look() == 0


async def test_without_consent_or_a_linked_number_nobody_is_called(stage: Stage) -> None:
    await stage.task()
    await stage.consents.set(stage.user.id, given=False, how="page")
    assert await stage.look() == 0
    assert await stage.outcomes() == ["no_consent"]


async def test_what_was_done_deleted_or_moved_meanwhile_rings_nobody(stage: Stage) -> None:
    done, gone, moved = [await stage.task() for _ in range(3)]
    stage.phones.outcomes = [Outcome.BUSY] * 3
    assert await stage.look() == 3
    await stage.store.complete(stage.caller, None, done, None)
    await stage.store.delete(stage.caller, None, gone, None)
    later = NINE + timedelta(hours=2)
    await stage.store.update(stage.caller, None, moved, Edit(due=Due(later)), None)
    assert await stage.look(timedelta(minutes=5)) == 0
    assert await stage.outcomes() == ["not_wanted_now"] * 3
    assert await stage.look(timedelta(minutes=115)) == 1, "at its new time"


async def test_a_day_without_a_time_is_called_about_at_nine_on_its_owners_clock(stage: Stage) -> None:
    await stage.task(date(2026, 11, 27))
    assert await stage.look(-timedelta(minutes=1)) == 0
    assert await stage.look(timedelta(minutes=1)) == 1


async def test_in_quiet_hours_nobody_is_called_and_in_the_morning_they_are(stage: Stage) -> None:
    await stage.task(datetime(2026, 11, 27, 23, tzinfo=ZONE))
    stage.now = datetime(2026, 11, 27, 23, tzinfo=ZONE)
    assert await stage.look() == 0
    assert await stage.look(timedelta(hours=8, minutes=59)) == 0
    assert await stage.look(timedelta(minutes=1)) == 1


async def test_who_did_not_answer_in_the_evening_is_called_again_in_the_morning(stage: Stage) -> None:
    stage.now = datetime(2026, 11, 27, 20, 50, tzinfo=ZONE)
    await stage.task(stage.now)
    stage.phones.outcomes = [Outcome.NO_ANSWER]
    assert await stage.look() == 1
    assert await stage.look(timedelta(minutes=15)) == 0
    assert await stage.look(timedelta(hours=10, minutes=55)) == 1


async def test_who_never_set_a_zone_is_not_called_at_night_where_their_number_is_of(stage: Stage) -> None:
    await stage.people.set_time_zone(stage.user.id, "Etc/UTC")
    await stage.task()
    stage.now = NINE  # six in the morning in San Francisco
    assert await stage.look() == 0
    assert await stage.outcomes() == ["quiet_hours"]
    assert await stage.look(timedelta(hours=2)) == 1


async def test_a_reminder_that_is_hours_late_reminds_nobody(stage: Stage) -> None:
    await stage.task()
    assert await stage.look(timedelta(hours=7)) == 0
    assert await stage.outcomes() == ["too_late"]


async def test_only_listed_countries_are_called(stage: Stage) -> None:
    await stage.task()
    assert await stage.look(rules=Rules(frozenset({"DE"}))) == 0
    assert await stage.outcomes() == ["country"]


async def test_caps_put_calls_off_and_lose_none(stage: Stage) -> None:
    for _ in range(5):
        await stage.task()
    caps = Caps(per_minute=2, per_day=100, per_person_day=100)
    rang = [await stage.look(timedelta(minutes=0 if at == 0 else 1.1), caps=caps) for at in range(4)]
    assert rang == [2, 2, 1, 0]


async def test_while_every_line_is_taken_no_telephone_rings_and_a_minute_later_it_does(stage: Stage) -> None:
    await stage.task()
    stage.line_is_free = False
    assert await stage.look() == 0
    assert await stage.outcomes() == ["no_free_line"]
    stage.line_is_free = True
    assert await stage.look(timedelta(seconds=59)) == 0
    assert await stage.look(timedelta(seconds=1)) == 1


class TheirWord:
    """What workers say of themselves; None: Redis is away."""

    def __init__(self, *workers: Worker | None) -> None:
        self._workers = workers

    async def alive(self) -> list[Worker | None]:
        if None in self._workers:
            raise RedisError
        return list(self._workers)


@pytest.mark.parametrize(
    ("workers", "is_free"),
    [
        ([], False),
        ([Worker("a", slots=4, used=4)], False),
        ([Worker("a", slots=4, used=4), Worker("b", slots=4, used=3)], True),
        ([None], True),
    ],
    ids=["nobody works", "full", "one has room", "nobody knows"],
)
async def test_a_line_is_free_where_a_worker_has_room_and_where_nobody_knows(
    workers: list[Worker | None], is_free: bool
) -> None:
    assert await is_line_free(cast("LiveWorkers", TheirWord(*workers))) is is_free


@pytest.mark.parametrize(
    ("outcome", "rings", "left"),
    [
        (Outcome.BUSY, 3, "busy"),
        (Outcome.NO_ANSWER, 3, "no_answer"),
        (Outcome.DECLINED, 1, "declined"),
        (Outcome.NO_SUCH_NUMBER, 1, "no_such_number"),
        (Outcome.UNWANTED, 1, "unwanted"),
        (Outcome.LIMITED, 6, "limited"),
        (Outcome.REFUSED, 2, "refused"),
        (Outcome.FAILED, 3, "failed"),
        (Outcome.UNKNOWN, 1, "unknown"),
    ],
)
async def test_how_often_it_is_tried_hangs_on_how_it_ended(
    stage: Stage, outcome: Outcome, rings: int, left: str
) -> None:
    await stage.task()
    stage.phones.outcomes = [outcome] * 10
    for _ in range(20):
        await stage.look(timedelta(minutes=16))
    assert len(stage.phones.rang) == rings
    assert await stage.outcomes() == [left]


async def test_a_carrier_that_knows_no_such_number_ends_calls_out_at_the_third_reminder_and_never_calls_in(
    stage: Stage,
) -> None:
    stage.phones.outcomes = [Outcome.NO_SUCH_NUMBER] * 3
    for minutes in range(3):
        assert (await stage.consents.number_to_call(stage.user.id))[0] == NUMBER
        await stage.task(NINE + timedelta(minutes=minutes))
        assert await stage.look(timedelta(minutes=min(minutes, 1))) == 1
    assert await stage.consents.number_to_call(stage.user.id) == (None, "no_consent")
    assert await Phones(stage.people.engine).holders(NUMBER) == [stage.user.id]


async def test_an_unwanted_call_is_the_last(stage: Stage) -> None:
    await stage.task()
    stage.phones.outcomes = [Outcome.UNWANTED]
    assert await stage.look() == 1
    assert not await stage.consents.of(stage.user.id)
    await stage.consents.set(stage.user.id, given=True, how="page")
    assert await stage.consents.number_to_call(stage.user.id) == (None, "do_not_call")


@pytest.mark.parametrize(
    ("away", "outcome", "rings", "left"),
    [
        ((ReminderCalls, "again"), Outcome.BUSY, 2, "busy"),
        ((ReminderCalls, "settle"), Outcome.DECLINED, 1, "declined"),
        ((ReminderCalls, "settle"), Outcome.UNWANTED, 1, "unwanted"),
        ((ReminderConsents, "never_again"), Outcome.UNWANTED, 1, "unwanted"),
    ],
)
async def test_a_database_that_is_away_when_a_telephone_has_rung_loses_nothing_of_what_became_of_it(
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    away: tuple[type, str],
    outcome: Outcome,
    rings: int,
    left: str,
) -> None:
    async def is_away(*_: Any, **__: Any) -> None:
        raise ConnectionError

    await stage.task()
    stage.phones.outcomes = [outcome]
    with monkeypatch.context() as patch:
        patch.setattr(*away, is_away)
        with contextlib.suppress(ConnectionError):
            await stage.look()
    await write_later(cast("Unwritten", stage.unwritten), stage.settings)
    assert await stage.outcomes() == [left]
    if outcome is Outcome.UNWANTED:
        await stage.consents.set(stage.user.id, given=True, how="page")
        assert await stage.consents.number_to_call(stage.user.id) == (None, "do_not_call")
    async with stage.people.engine.begin() as connection:  # it was written by the clock of now
        await connection.execute(text("UPDATE people_reminder_calls SET next_at = '2026-11-27 14:05:00'"))
    await stage.look(timedelta(minutes=5))
    assert len(stage.phones.rang) == rings


async def test_a_series_rings_at_each_of_its_times(stage: Stage) -> None:
    new = NewTask(title="Pills", due=Due(NINE), rrule="FREQ=DAILY", by_phone=True)
    first = (await stage.store.create(stage.caller, None, new))["task"]["id"]
    assert await stage.look() == 1
    await stage.store.complete(stage.caller, None, first, None)
    assert await stage.look(timedelta(days=1)) == 1
    assert len(set(stage.phones.ids)) == 2
