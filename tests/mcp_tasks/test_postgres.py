import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from mcp_tasks.caller import Caller
from mcp_tasks.database import create_engine
from mcp_tasks.due import Due
from mcp_tasks.edit import Edit, NewTask
from mcp_tasks.errors import TaskError
from mcp_tasks.exactly_once import Operation
from mcp_tasks.migrate import VERSION_TABLE, migrate
from mcp_tasks.store import TaskStore
from tests.mcp_tasks.aged import forward_and_back

pytestmark = pytest.mark.system

LA = ZoneInfo("America/Los_Angeles")
NOW = datetime(2026, 11, 24, 18, tzinfo=UTC)
ANN = Caller("ann", LA, NOW)
BOB = Caller("bob", LA, NOW)


def newest_postgres() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: int(one.parts[4]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    if initdb is None:
        pytest.skip(
            "no Postgres on this machine: `apt-get install postgresql` (or `brew install postgresql`)"
        )
    return Path(initdb).parent


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """A Postgres of our own, reached through a socket in a folder of our own."""
    binaries = newest_postgres()
    # Postgres refuses to run as root, so root lends the folder to its user.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="voicetasks-pg-"))
    if as_user:
        shutil.chown(folder, "postgres")

    def run(*command: str) -> None:
        done = subprocess.run(
            [*as_user, *command], check=False, cwd=folder, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr

    data = str(folder / "data")
    try:
        run(str(binaries / "initdb"), "-D", data, "-A", "trust", "-U", "tester", "--no-sync", "-E", "UTF8")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=60"
        run(str(binaries / "pg_ctl"), "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql://tester@/postgres?host={folder}"
        finally:
            run(str(binaries / "pg_ctl"), "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def store(postgres: str) -> AsyncIterator[TaskStore]:
    await asyncio.gather(*(migrate(postgres) for _ in range(3)))
    engine = create_engine(postgres)
    async with engine.begin() as connection:
        for table in ("tasks", "tasks_changes", "tasks_operations"):
            await connection.execute(text(f"DELETE FROM {table}"))
    store = TaskStore(engine)
    yield store
    await store.close()


async def make(store: TaskStore, title: str, caller: Caller = ANN, **kept: Any) -> dict[str, Any]:
    due = kept.get("due")
    return await store.create(caller, kept.get("operation"), NewTask(title, due=Due(due) if due else None))


async def test_servers_that_start_together_migrate_once(postgres: str, store: TaskStore) -> None:
    engine = create_engine(postgres)
    async with engine.connect() as connection:
        assert len((await connection.execute(text(f"SELECT * FROM {VERSION_TABLE}"))).all()) == 1
    await engine.dispose()


async def test_the_same_operation_twenty_times_from_two_servers_makes_one_task(
    postgres: str, store: TaskStore
) -> None:
    other = TaskStore(create_engine(postgres))
    operation = Operation.of("op-1", "create_task", {})
    answers = await asyncio.gather(
        *(make(store if number % 2 else other, "Buy milk", operation=operation) for number in range(20))
    )
    await other.close()
    assert [answer["repeated"] for answer in answers].count(False) == 1
    assert len({answer["task"]["id"] for answer in answers}) == 1
    assert (await store.list_tasks(ANN, "all", "", 50)).total == 1


async def test_dates_views_search_and_undo_work_as_on_sqlite(store: TaskStore) -> None:
    await make(store, "no date")
    await make(store, "Émile's day", due=date(2026, 11, 24))
    timed = (await make(store, "past hour", due=datetime(2026, 11, 24, 9, tzinfo=LA)))["task"]
    assert timed["due"] == "2026-11-24T09:00:00"
    listed = (await store.list_tasks(ANN, "all", "", 50)).tasks
    assert [task.title for task in listed] == ["past hour", "Émile's day", "no date"]
    assert [task.title for task in (await store.list_tasks(ANN, "overdue", "", 50)).tasks] == ["past hour"]
    assert (await store.list_tasks(ANN, "today", "ÉMILE", 50)).total == 1
    assert listed[1].created_at == NOW
    await store.update(ANN, None, timed["id"], Edit(title="renamed"), 1)
    await store.complete(ANN, None, timed["id"], 2)
    await store.delete(ANN, None, timed["id"], 3)
    kinds = [(await store.undo(ANN, None))["undone"] for _ in range(3)]
    assert kinds == ["delete", "complete", "update"]
    assert (await store.list_tasks(ANN, "overdue", "", 50)).tasks[0].title == "past hour"
    await store.forget(NOW + timedelta(hours=25))
    with pytest.raises(TaskError, match="nothing to undo"):
        await store.undo(Caller("ann", LA, NOW + timedelta(minutes=11)), None)


async def test_two_users_at_once_never_see_each_others_rows(store: TaskStore) -> None:
    async def work(caller: Caller) -> None:
        for number in range(10):
            task_id = (await make(store, f"{caller.owner} {number}", caller))["task"]["id"]
            other = BOB if caller is ANN else ANN
            with pytest.raises(TaskError, match="not_found"):
                await store.complete(other, None, task_id, None)
            for task in (await store.list_tasks(caller, "all", "", 200)).tasks:
                assert task.title.startswith(caller.owner)

    await asyncio.gather(work(ANN), work(BOB), work(ANN), work(BOB))


async def another_database(postgres: str, name: str, *, owner: str = "tester") -> str:
    """A database of the test's own in the same server, and its URL."""
    engine = create_engine(postgres)
    async with engine.connect() as connection:
        outside = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await outside.execute(text(f"CREATE DATABASE {name}"))
        if owner != "tester":
            await outside.execute(text(f"CREATE ROLE {owner} LOGIN"))
    await engine.dispose()
    return postgres.replace("tester@/postgres", f"{owner}@/{name}")


async def test_tasks_of_the_first_version_are_found_afterwards_and_can_go_back(postgres: str) -> None:
    await forward_and_back(await another_database(postgres, "aged"))


async def test_without_the_right_to_make_the_extension_searches_are_as_right(
    postgres: str, caplog: pytest.LogCaptureFixture
) -> None:
    url = await another_database(postgres, "plain", owner="nobody_much")
    engine = create_engine(url.replace("nobody_much@", "tester@"))
    async with engine.begin() as connection:
        await connection.execute(text("GRANT ALL ON SCHEMA public TO nobody_much"))
    await engine.dispose()
    await migrate(url)
    assert "search_index_missing" in caplog.text
    store = TaskStore(create_engine(url))
    await make(store, "Buy milk")
    await make(store, "Call Ann")
    assert [task.title for task in (await store.list_tasks(ANN, "all", "by milk", 5)).tasks] == ["Buy milk"]
    await store.close()


async def test_the_trigram_index_is_there_where_it_may_be(store: TaskStore, postgres: str) -> None:
    engine = create_engine(postgres)
    async with engine.connect() as connection:
        found = await connection.execute(text("SELECT indexname FROM pg_indexes WHERE tablename = 'tasks'"))
        assert {"ix_tasks_words", "ix_tasks_sounds"} <= set(found.scalars())
    await engine.dispose()


async def test_a_search_means_the_same_as_on_sqlite(store: TaskStore) -> None:
    for title in ("buy milk", "call Ann", "call Anna", "Task 4", "Task 41", "Clean the garage", "100% sure"):
        await make(store, title)
    for said, found, meant in (
        ("by milk", ["buy milk"], True),
        ("call Ann", ["call Ann"], True),
        ("task four", ["Task 4"], True),
        ("the garridge", ["Clean the garage"], False),
        ("gara", ["Clean the garage"], False),
        ("arage", ["Clean the garage"], False),
        ("100%", ["100% sure"], True),
        ("zeppelin", [], False),
        ("'; DROP TABLE tasks; --", [], False),
    ):
        answer = await store.list_tasks(ANN, "all", said, 50)
        assert [task.title for task in answer.tasks][:1] == found, said
        assert (answer.meant is not None) is meant, said
    assert (await store.list_tasks(BOB, "all", "milk", 50)).total == 0


async def test_a_series_and_its_history_work_as_on_sqlite(store: TaskStore) -> None:
    new = NewTask(
        "Water the plants", due=Due(date(2026, 11, 24)), rrule="FREQ=WEEKLY", tags=["home"], list_name="home"
    )
    task_id = (await store.create(ANN, None, new))["task"]["id"]
    done = await store.complete(ANN, None, task_id, 1)
    assert (done["next"]["due"], done["next"]["tags"]) == ("2026-12-01", ["home"])
    changes = (await store.list_tasks(ANN, "changed", "", 10)).changes or []
    assert [change.kind for change in changes] == ["complete", "create"]
    assert (await store.undo(ANN, None))["task"]["rrule"] == "FREQ=WEEKLY"
    assert (await store.list_tasks(ANN, "all", "", 10, list_name="home")).groups == {
        **{"overdue": 0, "today": 1, "week": 0, "later": 0, "no_date": 0}
    }
