"""The full-text index points to tasks and holds nothing of those that are gone."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from mcp_tasks.database import create_engine
from mcp_tasks.edit import Edit
from mcp_tasks.store import TaskStore
from privacy.scrubbing import scrub_database
from tests.mcp_tasks.people import ANN, make, titles

pytestmark = pytest.mark.unit

MARKER = "zeppelin"


async def test_vacuum_which_renumbers_sqlites_rows_leaves_searches_right(
    store: TaskStore, tmp_path: Path
) -> None:
    ids = [(await make(store, f"Buy {thing}"))["task"]["id"] for thing in ("milk", "bread", "eggs", "tea")]
    for each in ids[:2]:
        await store.delete(ANN, None, each, None)
    engine = create_engine(f"sqlite:///{tmp_path / 'deeper' / 'tasks.db'}")
    async with engine.connect() as connection:
        outside = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await outside.execute(text("VACUUM"))
        await outside.execute(
            text("INSERT INTO tasks_words(tasks_words, rank) VALUES ('integrity-check', 1)")
        )
    await engine.dispose()
    assert await titles(store, query="eggs") == ["Buy eggs"]
    assert await titles(store, query="milk") == []
    await make(store, "Buy soap")
    assert await titles(store, query="soap") == ["Buy soap"]


async def test_after_an_erasures_scrubbing_no_byte_of_a_deleted_word_is_left(
    store: TaskStore, tmp_path: Path
) -> None:
    for number in range(40):
        await make(store, f"errand {number}")
    task_id = (await make(store, f"Buy a {MARKER}", notes=MARKER, tags=[MARKER]))["task"]["id"]
    await store.update(ANN, None, task_id, Edit(notes=f"the {MARKER} of Ann"), None)
    await store.delete(ANN, None, task_id, None)
    file = tmp_path / "deeper" / "tasks.db"
    engine = create_engine(f"sqlite:///{file}")
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM tasks_changes"))
    await scrub_database(engine, ["tasks"])
    await engine.dispose()
    left = b"".join(path.read_bytes() for path in file.parent.iterdir())
    assert MARKER.encode() not in left.lower()
    assert await titles(store, query="errand 7") == ["errand 7"]


async def test_two_servers_write_one_index(store: TaskStore, tmp_path: Path) -> None:
    other = TaskStore(create_engine(f"sqlite:///{tmp_path / 'deeper' / 'tasks.db'}"))
    await asyncio.gather(*(make(each, f"errand {number}") for number in range(12) for each in (store, other)))
    found = await store.list_tasks(ANN, "all", "errand", 50)
    assert found.total == 24
    await other.close()
