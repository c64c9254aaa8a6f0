import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from mcp_tasks.due import Due
from mcp_tasks.edit import Edit, NewTask
from mcp_tasks.errors import TaskError
from mcp_tasks.store import TaskStore
from mcp_tasks.task import Change
from tests.mcp_tasks.people import ANN, BOB, NOW, later, make

pytestmark = pytest.mark.unit


async def told(store: TaskStore, minutes: float, limit: int = 50) -> list[Change]:
    return (await store.list_tasks(later(minutes), "changed", "", limit)).changes or []


async def test_what_changed_is_told_latest_first_with_what_it_was(store: TaskStore) -> None:
    task_id = (await make(store, "Buy milk", due=date(2026, 11, 25)))["task"]["id"]
    edit = Edit(title="Buy oat milk", due=Due(date(2026, 11, 27)), priority="high")
    await store.update(later(1), None, task_id, edit, None)
    await store.complete(later(2), None, task_id, None)
    found = await store.list_tasks(later(3), "changed", "", 50)
    done, changed, made = found.changes or []
    assert (done.kind, changed.kind, made.kind) == ("complete", "update", "create")
    assert {done.title, changed.title, made.title} == {"Buy oat milk"}
    assert changed.what == ["title", "due", "priority"]
    assert changed.was == {"title": "Buy milk", "due": "2026-11-25", "priority": "normal"}
    assert changed.at == NOW + timedelta(minutes=1)
    assert [(task.id, task.status) for task in found.tasks] == [(task_id, "done")]


async def test_after_ten_minutes_a_change_holds_no_words(store: TaskStore, tmp_path: Path) -> None:
    task_id = (await make(store, "Buy milk"))["task"]["id"]
    await store.update(ANN, None, task_id, Edit(title="A zeppelin"), None)
    await store.update(ANN, None, task_id, Edit(title="Buy rum"), None)
    assert any(change.was == {"title": "A zeppelin"} for change in await told(store, 5))
    await store.forget(NOW + timedelta(minutes=11))
    changes = await told(store, 11)
    assert [(change.kind, change.what, change.was) for change in changes] == [
        ("update", ["title"], None),
        ("update", ["title"], None),
        ("create", [], None),
    ]
    with closing(sqlite3.connect(tmp_path / "deeper" / "tasks.db")) as database:
        kept = database.execute("SELECT * FROM tasks_changes").fetchall()
    assert "zeppelin" not in str(kept)
    with pytest.raises(TaskError, match="nothing to undo"):
        await store.undo(later(11), None)


async def test_a_deletion_is_told_while_it_can_be_undone_and_then_leaves_nothing(
    store: TaskStore, tmp_path: Path
) -> None:
    task_id = (await make(store, "Buy milk"))["task"]["id"]
    await store.delete(later(1), None, task_id, None)
    assert [(change.kind, change.title) for change in await told(store, 2)] == [("delete", "Buy milk")]
    await store.forget(NOW + timedelta(minutes=12))
    assert await told(store, 12) == []
    with closing(sqlite3.connect(tmp_path / "deeper" / "tasks.db")) as database:
        assert database.execute("SELECT count(*) FROM tasks_changes").fetchone() == (0,)


async def test_a_history_lasts_thirty_days_and_is_its_owners_alone(store: TaskStore) -> None:
    await make(store)
    await store.forget(NOW + timedelta(days=29))
    assert len(await told(store, 29 * 24 * 60)) == 1
    assert (await store.list_tasks(BOB, "changed", "", 50)).changes == []
    await store.forget(NOW + timedelta(days=31))
    assert await told(store, 31 * 24 * 60) == []


async def test_what_was_undone_is_no_change(store: TaskStore) -> None:
    task_id = (await make(store))["task"]["id"]
    await store.update(ANN, None, task_id, Edit(title="Buy rum"), None)
    await store.undo(later(1), None)
    assert [change.kind for change in await told(store, 2)] == ["create"]


async def test_a_limit_holds_for_changes_as_well(store: TaskStore) -> None:
    for number in range(5):
        await make(store, f"task {number}")
    assert [change.title for change in await told(store, 1, limit=2)] == ["task 4", "task 3"]


async def test_another_change_than_the_one_that_is_expected_is_not_undone(store: TaskStore) -> None:
    await make(store)
    (first,) = await told(store, 0)
    await store.create(later(1), None, NewTask("Buy rum"))
    with pytest.raises(TaskError) as refused:
        await store.undo(later(2), None, first.at)
    assert refused.value.code == "conflict"
    last, _ = await told(store, 2)
    await store.undo(later(2), None, last.at)
    assert [change.at for change in await told(store, 2)] == [first.at]
