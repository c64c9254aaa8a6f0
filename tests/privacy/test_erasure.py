"""Everything of a person goes everywhere, its bytes too; what must stay names nobody; nothing that is late makes it anew."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from agent.served import PREFIX, Served
from agent.thread import PREFIX as THREAD_PREFIX
from agent.thread import Keeper, Thread, Vault
from cli.ports import FreePorts
from mcp_tasks.caller import Caller
from mcp_tasks.database import create_engine as create_tasks_engine
from mcp_tasks.errors import TaskError
from mcp_tasks.store import TaskStore
from people.audit import Audit
from people.consent import Consents
from people.database import DATABASE_AWAY, create_engine
from people.erasure import Erasures
from people.store import People
from privacy.erasure import Proof, erase
from privacy.finishing import finish_once
from privacy.live_calls import CALLS, LiveCalls
from privacy.places import Places
from privacy.wished import Wished
from routing.erasure import known_subject
from routing.journal import Journal
from tests.privacy.keeper import (
    EMAIL,
    KEY,
    Kept,
    RedisOnDisk,
    add_task,
    charge,
    found_in,
    found_in_redis,
    keep_everywhere,
    link_provider,
    serve_call,
    spoke,
)

pytestmark = pytest.mark.system


async def everything_found(
    tmp_path: Path, redis: Redis, redis_on_disk: RedisOnDisk, markers: tuple[bytes, ...]
) -> list[str]:
    return [
        *found_in(tmp_path, markers),
        *found_in(redis_on_disk.folder, markers),
        *await found_in_redis(redis, markers),
        *dumped(tmp_path, markers),
    ]


def dumped(tmp_path: Path, markers: tuple[bytes, ...]) -> list[str]:
    """Which markers a dump of each database shows."""
    found = []
    for path in tmp_path.glob("*.db"):
        with contextlib.closing(sqlite3.connect(path)) as database:
            dump = "\n".join(database.iterdump()).lower().encode()
        found += [
            f"{marker.decode()} in a dump of {path.name}" for marker in markers if marker.lower() in dump
        ]
    return found


def step(proof: Proof, place: str) -> dict[str, int]:
    return next(each for each in proof.steps if each.place == place).removed


async def test_no_byte_of_a_person_is_found_after_the_erasure_and_the_proof_says_what_there_was(
    places: Places, redis: Redis, redis_on_disk: RedisOnDisk, tmp_path: Path
) -> None:
    kept = await keep_everywhere(places, redis)
    await link_provider(places, kept)
    before = await everything_found(tmp_path, redis, redis_on_disk, kept.markers)
    assert {line.split(" in ")[1] for line in before} >= {
        "people.db",
        "tasks.db",
        "routing.db",
        f"{PREFIX}c1",
    }
    proof = await erase(places, kept.user.id)
    assert proof.is_complete, proof
    assert await everything_found(tmp_path, redis, redis_on_disk, kept.markers) == []
    people = step(proof, "people")
    assert (people["account"], people["transcript lines"], people["consents"]) == (1, 60, 2)
    assert (people["sessions"], people["phones"], people["identities"]) == (1, 1, 1)
    tasks = step(proof, "tasks")
    assert (tasks["tasks"], tasks["tasks_changes"], tasks["tasks_operations"]) == (39, 41, 40)
    assert step(proof, "journal") == {"names": 1, "events of calls": 1, "entries kept without a name": 1}
    assert [each.left for each in proof.steps] == [0] * 5
    assert kept.user.id not in str(proof.as_dict())
    assert kept.user.email not in str(proof.as_dict())


async def test_an_erasure_that_was_confirmed_and_could_not_begin_is_done_by_a_worker_and_forgotten(
    places: Places, redis: Redis, redis_on_disk: RedisOnDisk, tmp_path: Path
) -> None:
    kept, wished = await keep_everywhere(places, redis), Wished(redis)
    assert await wished.keep(kept.user.id)
    with pytest.raises(DATABASE_AWAY):
        await finish_once(replace(places, people="postgresql://127.0.0.1:1/nobody"))
    assert await wished.waiting() == [kept.user.id], "the people's database is still away"
    assert await finish_once(places) == 1
    assert await wished.waiting() == []
    assert await everything_found(tmp_path, redis, redis_on_disk, kept.markers) == []
    assert await finish_once(places) == 0


async def test_without_redis_the_erasures_that_have_begun_go_on(
    places: Places, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    await keep_everywhere(places, redis)
    assert await finish_once(replace(places, redis="redis://127.0.0.1:1/0")) == 0
    assert "erasure.waits" in caplog.messages


async def test_the_journal_keeps_the_amounts_and_the_trail_what_was_done_and_neither_names_anybody(
    places: Places, redis: Redis
) -> None:
    kept = await keep_everywhere(places, redis)
    await erase(places, kept.user.id, actor="terminal:root")
    async with Journal(places.routing) as journal:
        entries = await journal.entries(call_id="c1")
        assert [each.microdollars for each in entries] == [31_008]
        assert await journal.subject_of("usr_somebody_else") != kept.subject
    engine = create_engine(places.people)
    trail = await Audit(engine).entries()
    await engine.dispose()
    assert [(each.event, each.actor) for each in trail][-2:] == [
        ("sign_in", "self"),
        ("account.erased", "terminal:root"),
    ]
    assert {each.user_id for each in trail} == {None}


async def test_another_persons_things_stay(places: Places, redis: Redis, tmp_path: Path) -> None:
    ann = await keep_everywhere(places, redis)
    bob = await keep_everywhere(places, redis, email="bob@example.org", call_id="c2")
    before = len(found_in(tmp_path, (bob.user.id.encode(),)))
    await erase(places, ann.user.id)
    assert len(found_in(tmp_path, (bob.user.id.encode(),))) == before
    async with People(places.people) as people:
        assert await people.user_by_id(bob.user.id) == bob.user
        assert len(await Consents(people.engine).transcript(bob.user.id)) == 60
    assert await redis.exists(THREAD_PREFIX + "c2")


async def test_what_comes_late_makes_nothing_anew(
    places: Places, redis: Redis, redis_on_disk: RedisOnDisk, tmp_path: Path
) -> None:
    kept = await keep_everywhere(places, redis)
    store = TaskStore(create_tasks_engine(places.tasks))
    people = create_engine(places.people)
    proof = await erase(places, kept.user.id)
    caller = Caller(kept.user.id, ZoneInfo("Europe/Berlin"), datetime.now(UTC))
    with pytest.raises(TaskError, match="erased"):
        await add_task(store, caller, "A quetzal that comes late")
    with pytest.raises(TaskError, match="erased"):
        await store.undo(caller, None)
    said = [(datetime.now(UTC), "caller", "A quetzal that comes late")]
    assert not await Consents(people).keep(kept.user.id, "browser", "c1", said)  # type: ignore[arg-type]
    async with Journal(places.routing) as journal:
        await journal.append([charge(kept.subject, "c1", 77)])  # the lease of the call settles
    await store.close()
    await people.dispose()
    assert proof.is_complete
    assert await everything_found(tmp_path, redis, redis_on_disk, kept.markers) == []


async def test_a_call_that_begins_or_is_taken_over_after_the_erasure_does_not_make_the_name_anew(
    places: Places, redis: Redis, redis_on_disk: RedisOnDisk, tmp_path: Path
) -> None:
    kept = await keep_everywhere(places, redis)
    assert (await erase(places, kept.user.id)).is_complete
    async with Journal(places.routing) as journal:
        late = await journal.subject_of(kept.user.id)
        assert late != kept.subject
        assert not await journal.is_known(late)
        assert await known_subject(journal.engine, kept.user.id) is None
    assert await everything_found(tmp_path, redis, redis_on_disk, kept.markers) == []


async def test_a_call_that_ends_during_the_erasure_leaves_no_event_of_its_in_the_journal(
    places: Places, redis: Redis, kept_call: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits, wait = asyncio.Event(), LiveCalls.wait

    async def told(calls: LiveCalls, call_ids: list[str], *, seconds: float) -> list[str]:
        waits.set()
        return await wait(calls, call_ids, seconds=seconds)

    monkeypatch.setattr(LiveCalls, "wait", told)
    served = served_by(redis, kept_call.user.id)
    await served.begin()
    erasing = asyncio.create_task(erase(places, kept_call.user.id))
    await asyncio.wait_for(waits.wait(), 20)
    async with Journal(places.routing) as journal:
        await journal.append([spoke(kept_call.subject, "live")])
        await served.end()
        assert (await erasing).is_complete
        assert await journal.entries(kind="event") == []


async def test_erasing_once_more_finds_nothing_and_does_no_harm(places: Places, redis: Redis) -> None:
    kept = await keep_everywhere(places, redis)
    await erase(places, kept.user.id)
    again = await erase(places, kept.user.id)
    assert again.is_complete
    assert sum(sum(each.removed.values()) for each in again.steps) == 0


async def test_a_place_that_is_away_is_named_and_done_later_without_anybody_asking(
    places: Places, redis: Redis, redis_on_disk: RedisOnDisk, tmp_path: Path
) -> None:
    kept = await keep_everywhere(places, redis)
    nowhere = replace(
        places,
        redis=f"redis://127.0.0.1:{FreePorts().take()}/0",
        tasks="postgresql://ann@127.0.0.1:1/tasks",
    )
    proof = await erase(nowhere, kept.user.id)
    assert not proof.is_complete
    away = {each.place: each.left for each in proof.steps if each.note.startswith("NOT DONE")}
    assert away == {"live calls": None, "tasks": None, "redis": None}
    async with People(places.people) as people:
        assert await people.user_by_email(EMAIL) is None, "they are gone all the same"
        assert await Erasures(people.engine).pending() == [kept.user.id]
    assert await finish_once(places) == 1
    assert await finish_once(places) == 0
    assert await everything_found(tmp_path, redis, redis_on_disk, kept.markers) == []


async def test_without_the_people_nothing_is_done(places: Places, redis: Redis) -> None:
    kept = await keep_everywhere(places, redis)
    with pytest.raises(ConnectionRefusedError):
        await erase(replace(places, people="postgresql://ann@127.0.0.1:1/people"), kept.user.id)
    assert await redis.exists(THREAD_PREFIX + "c1")


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Somebody reads the file meanwhile."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("BEGIN")
        database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield
        database.execute("ROLLBACK")


async def test_it_waits_for_who_reads_a_file(
    places: Places, redis: Redis, redis_on_disk: RedisOnDisk, tmp_path: Path
) -> None:
    kept = await keep_everywhere(places, redis)
    with reading(tmp_path / "tasks.db"):
        erasing = asyncio.create_task(erase(places, kept.user.id))
        async with asyncio.timeout(20):
            while not (await pending(places)):
                await asyncio.sleep(0.05)
        await asyncio.sleep(1)
        assert not erasing.done()
    assert (await erasing).is_complete
    assert await everything_found(tmp_path, redis, redis_on_disk, kept.markers) == []


async def pending(places: Places) -> list[str]:
    engine = create_engine(places.people)
    try:
        return await Erasures(engine).pending()
    finally:
        await engine.dispose()


# -- calls that go on


class TalkingCall:
    """A call as its owner knows it; it ends when it is told that its caller was erased."""

    turn = 3

    def __init__(self) -> None:
        self.is_erased = asyncio.Event()

    def end(self, reason: str) -> None: ...
    def leave(self) -> None: ...

    def erased(self) -> None:
        self.is_erased.set()


async def test_a_live_call_ends_and_what_was_kept_of_it_is_gone_at_once(
    places: Places, redis: Redis, kept_call: Kept
) -> None:
    served = served_by(redis, kept_call.user.id)
    await served.begin()
    call = TalkingCall()
    served.as_served(call)
    erasing = asyncio.create_task(erase(places, kept_call.user.id))
    await asyncio.wait_for(call.is_erased.wait(), 10)
    assert not await redis.exists(THREAD_PREFIX + "live"), "while the call still says goodbye"
    assert not erasing.done()
    await served.end()
    assert (await erasing).is_complete
    assert await redis.zrange(CALLS, 0, -1) == []


async def test_what_was_on_its_way_to_redis_is_not_kept_after_the_erasure(
    places: Places, redis: Redis, kept_call: Kept
) -> None:
    served = served_by(redis, kept_call.user.id)
    await served.begin()
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def allowed() -> bool:
        asked.set()
        await go_on.wait()
        return True  # as the database said before the erasure

    keeper = Keeper(redis, Vault(KEY), call_id="live", allowed=allowed)
    keeper.start(lambda: Thread(3, None))
    keeper.news()
    await asyncio.wait_for(asked.wait(), 10)
    erasing = asyncio.create_task(erase(places, kept_call.user.id))
    async with asyncio.timeout(10):
        while not await redis.hexists(PREFIX + "live", "erased"):
            await asyncio.sleep(0.02)
    go_on.set()
    await asyncio.sleep(0.3)
    assert not await redis.exists(THREAD_PREFIX + "live")
    await keeper.forget()
    await served.end()
    assert (await erasing).is_complete


async def test_a_call_that_does_not_end_is_told_of(
    places: Places, redis: Redis, kept_call: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("privacy.erasure.CALLS_END_SECONDS", 0.5)
    served = served_by(redis, kept_call.user.id)
    await served.begin()
    proof = await erase(places, kept_call.user.id)
    assert not proof.is_complete
    assert "have not ended" in proof.steps[-1].note
    await served.end()
    assert await finish_once(places) == 1


async def test_the_call_in_which_it_is_asked_for_is_not_waited_for_and_keeps_nothing(
    places: Places, redis: Redis, kept_call: Kept
) -> None:
    served = served_by(redis, kept_call.user.id)
    await served.begin()
    proof = await erase(places, kept_call.user.id, within_call="live")
    assert proof.is_complete
    assert not await redis.exists(THREAD_PREFIX + "live")
    await served.end()


@pytest.fixture
async def kept_call(places: Places, redis: Redis) -> Kept:
    """Somebody with a call that went on for a while."""
    kept = await keep_everywhere(places, redis)
    await serve_call(redis, kept.user.id, "live")
    return kept


def served_by(redis: Redis, user_id: str) -> Served:
    metadata = f'{{"call_id": "live", "subject": "{user_id}"}}'
    return Served(redis, call_id="live", room="call-live", metadata=metadata, dead_after_seconds=6)


async def test_deleting_alone_overwrites_the_bytes(places: Places, redis: Redis, tmp_path: Path) -> None:
    """Retention and «stop recording» delete without writing the file anew."""
    kept = await keep_everywhere(places, redis)
    async with People(places.people) as people:
        async with people.engine.connect() as connection:
            assert (await connection.execute(text("PRAGMA secure_delete"))).scalar_one() == 1
        await Consents(people.engine).set(kept.user.id, "browser", given=False)
    assert found_in(tmp_path, (b"Add pineapple number 59.",)) == []
