"""One owner's tasks are given out whole, or erased for good; everybody else's stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mcp_tasks.caller import Caller
from mcp_tasks.edit import NewTask
from mcp_tasks.erasure import OwnersData
from mcp_tasks.errors import TaskError
from mcp_tasks.exactly_once import Operation
from mcp_tasks.store import TaskStore

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 24, 18, tzinfo=UTC)
ANN = Caller("ann", ZoneInfo("Europe/Berlin"), NOW)
BOB = Caller("bob", ZoneInfo("Europe/Berlin"), NOW)


async def make(store: TaskStore, caller: Caller, title: str) -> None:
    operation = Operation.of(f"op {title}", "create_task", {})
    await store.create(caller, operation, NewTask(title=title))


async def test_an_erased_owner_has_nothing_and_can_make_nothing_for_a_day(store: TaskStore) -> None:
    for caller in (ANN, BOB):
        for number in range(3):
            await make(store, caller, f"{caller.owner} {number}")
    data = OwnersData(store._engine)
    assert await data.erase("ann", now=NOW) == {"tasks": 3, "tasks_changes": 3, "tasks_operations": 3}
    assert (await data.left("ann"), await data.left("bob")) == (0, 9)
    with pytest.raises(TaskError) as refused:
        await make(store, ANN, "late")
    assert refused.value.code == "unauthorized"
    assert await data.left("ann") == 0
    await make(store, BOB, "goes on")
    assert sum((await data.erase("ann", now=NOW)).values()) == 0, "once more does no harm"
    await store.forget(NOW + timedelta(hours=23))
    with pytest.raises(TaskError):
        await make(store, ANN, "late")
    await store.forget(NOW + timedelta(hours=25))
    await make(store, ANN, "somebody else by now")


async def test_everything_of_an_owner_is_given_out_in_pieces(
    store: TaskStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mcp_tasks.erasure.AT_ONCE", 2)
    for number in range(5):
        await make(store, ANN, f"ann {number}")
    await make(store, BOB, "bob")
    data = OwnersData(store._engine)
    given = [task async for task in data.tasks("ann")]
    assert sorted(task["title"] for task in given) == [f"ann {number}" for number in range(5)]
    assert "owner" not in given[0]
    assert len([change async for change in data.changes("ann")]) == 5
