"""A call about a task is made by one worker, once, however many look for it and whenever they die."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from people.migrate import migrate
from people.reminder_calls import CLAIM_FOR, KEEP_FOR, Caps, ReminderCalls, Wish
from people.store import People
from tests.mcp_tasks.test_postgres import postgres

__all__ = ("postgres",)

pytestmark = pytest.mark.unit

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
MANY = Caps(per_minute=1000, per_day=1000, per_person_day=1000)


async def somebody(people: People, name: str = "ann") -> str:
    return (await people.create_user(email=f"{name}@example.org", password="x")).id


def wishes(user_id: str, count: int) -> list[Wish]:
    return [Wish(user_id, f"task{number}", NOON) for number in range(count)]


async def test_what_is_noted_twice_is_one_call_and_of_nobody_none(people: People) -> None:
    ann = await somebody(people)
    calls = ReminderCalls(people.engine)
    assert await calls.note(wishes(ann, 2)) == 2
    assert await calls.note(wishes(ann, 3)) == 1
    assert await calls.note(wishes("usr_nobody", 1)) == 0
    moved = Wish(ann, "task0", NOON + timedelta(hours=1))
    assert await calls.note([moved]) == 1, "a task that was moved is another reminder"


async def test_what_was_due_before_a_restore_calls_nobody_and_what_is_due_later_does(people: People) -> None:
    ann = await somebody(people)
    calls = ReminderCalls(people.engine)
    later = Wish(ann, "later", NOON + timedelta(minutes=1))
    await calls.note([*wishes(ann, 2), later])
    assert await calls.claim("one", NOON) is not None
    assert await calls.pass_by(NOON) == 2
    assert await calls.note(wishes(ann, 2)) == 0, "it is known, and over"
    assert await calls.claim("one", NOON + timedelta(seconds=59)) is None
    claimed = await calls.claim("one", NOON + CLAIM_FOR)
    assert claimed is not None
    assert claimed.wish == later
    assert await calls.claim("one", NOON + CLAIM_FOR) is None


async def test_a_claim_is_ones_own_until_it_runs_out_and_then_anothers(people: People) -> None:
    ann = await somebody(people)
    calls = ReminderCalls(people.engine)
    await calls.note(wishes(ann, 1))
    assert await calls.claim("one", NOON - timedelta(seconds=1)) is None
    mine = await calls.claim("one", NOON)
    assert mine is not None
    assert await calls.claim("other", NOON + CLAIM_FOR - timedelta(seconds=1)) is None
    theirs = await calls.claim("other", NOON + CLAIM_FOR)
    assert theirs is not None
    assert theirs.id == mine.id
    assert await calls.may_dial(mine, "one", MANY, NOON + CLAIM_FOR) == "lost"
    assert await calls.may_dial(theirs, "other", MANY, NOON + CLAIM_FOR) is None
    assert await calls.may_dial(theirs, "other", MANY, NOON + CLAIM_FOR) == "lost", "once"
    assert await calls.claim("third", NOON + timedelta(days=2)) is None, "who died behind it may have called"


async def test_who_was_not_reached_is_called_again_and_the_first_last_word_stands(people: People) -> None:
    ann = await somebody(people)
    calls = ReminderCalls(people.engine)
    await calls.note(wishes(ann, 1))
    first = await calls.claim("one", NOON)
    assert first is not None
    assert await calls.may_dial(first, "one", MANY, NOON) is None
    assert await calls.again(first.id, "busy", NOON + timedelta(minutes=5))
    assert await calls.claim("one", NOON + timedelta(minutes=4)) is None
    second = await calls.claim("one", NOON + timedelta(minutes=5))
    assert second is not None
    assert second.attempts == 1
    assert await calls.settle(second.id, "told")
    assert not await calls.settle(second.id, "machine")
    assert not await calls.again(second.id, "busy", NOON)
    assert await calls.claim("one", NOON + timedelta(days=1)) is None


async def test_caps_hold_for_everybody_and_for_each(people: People) -> None:
    ann, bob = await somebody(people), await somebody(people, "bob")
    calls = ReminderCalls(people.engine)
    await calls.note([*wishes(ann, 4), *wishes(bob, 4)])
    caps = Caps(per_minute=3, per_day=4, per_person_day=2)
    found: Counter[str | None] = Counter()
    for minute in range(4):
        now = NOON + timedelta(minutes=1.5 * minute)
        while (claimed := await calls.claim("one", now)) is not None:
            in_the_way = await calls.may_dial(claimed, "one", caps, now)
            found[in_the_way] += 1
            if in_the_way is not None:
                await calls.again(claimed.id, in_the_way, now + timedelta(minutes=1.5))
    assert found[None] == 4
    assert set(found) == {None, "per_minute", "per_day", "per_person_day"}


async def test_what_is_long_over_is_forgotten(people: People) -> None:
    ann = await somebody(people)
    calls = ReminderCalls(people.engine)
    await calls.note(wishes(ann, 1))
    await calls.forget(NOON + KEEP_FOR - timedelta(minutes=1))
    assert await calls.note(wishes(ann, 1)) == 0
    await calls.forget(NOON + KEEP_FOR + timedelta(minutes=1))
    assert await calls.note(wishes(ann, 1)) == 1


# -- any number of workers that die anywhere ---------------------------------------------------------------

DIES = ("never", "claimed", "dialled")


async def work(url: str, name: str, seed: int, rang: list[str]) -> None:
    """Look until nothing is left; now and then die behind a step. `rang` is what telephones saw."""
    chance = random.Random(seed)
    now = NOON
    async with People(url) as people:
        calls = ReminderCalls(people.engine)
        for _ in range(40):
            now += timedelta(seconds=chance.choice([1, 30, 130]))
            claimed = await calls.claim(name, now)
            if claimed is None or (dies := chance.choice(DIES)) == "claimed":
                continue
            if await calls.may_dial(claimed, name, MANY, now) is not None:
                continue
            rang.append(claimed.id)
            if dies == "dialled":
                continue
            await calls.settle(claimed.id, "told")


async def the_rest(people: People) -> list[str]:
    """What rings when somebody looks hours later: whoever claimed last of all may have died, with nobody behind."""
    calls, now = ReminderCalls(people.engine), NOON + timedelta(hours=3)
    rang: list[str] = []
    while (claimed := await calls.claim("late", now)) is not None:
        assert await calls.may_dial(claimed, "late", MANY, now) is None
        rang.append(claimed.id)
        await calls.settle(claimed.id, "told")
    return rang


def process(url: str, number: int, queue: multiprocessing.Queue[list[str]]) -> None:
    rang: list[str] = []
    asyncio.run(work(url, f"process {number}", number, rang))
    queue.put(rang)


@pytest.mark.system
async def test_four_processes_make_each_call_once(people: People, database_url: str) -> None:
    ann = await somebody(people)
    await ReminderCalls(people.engine).note(wishes(ann, 40))
    context = multiprocessing.get_context("spawn")
    queue: multiprocessing.Queue[list[str]] = context.Queue()
    racers = [context.Process(target=process, args=(database_url, number, queue)) for number in range(4)]
    for racer in racers:
        racer.start()
    try:
        rang = [each for _ in racers for each in await asyncio.to_thread(queue.get, True, 120)]
    finally:
        for racer in racers:
            await asyncio.to_thread(racer.join, 30)
            racer.close()
    rang += await the_rest(people)
    assert len(rang) == len(set(rang)), "a telephone rang twice for one reminder"
    assert len(rang) == 40, "a reminder was lost"


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seeds=st.lists(st.integers(0, 2**32), min_size=2, max_size=5), count=st.integers(1, 6))
def test_whatever_order_and_whoever_dies_no_reminder_rings_twice(
    tmp_path: Path, seeds: list[int], count: int
) -> None:
    async def race() -> list[str]:
        url = f"sqlite+aiosqlite:///{tmp_path / f'{uuid4().hex}.db'}"
        await migrate(url)
        async with People(url) as people:
            await ReminderCalls(people.engine).note(wishes(await somebody(people), count))
        rang: list[str] = []
        await asyncio.gather(*(work(url, f"racer {at}", seed, rang) for at, seed in enumerate(seeds)))
        return rang

    rang = asyncio.run(race())
    assert len(rang) == len(set(rang)) == count


@pytest.mark.system
async def test_on_postgres_many_racers_make_each_call_once(postgres_url: str) -> None:
    async with People(postgres_url) as people:
        await ReminderCalls(people.engine).note(wishes(await somebody(people), 20))
    rang: list[str] = []
    await asyncio.gather(*(work(postgres_url, f"racer {number}", number, rang) for number in range(6)))
    assert len(rang) == len(set(rang)) == 20
