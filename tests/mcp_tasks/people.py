"""Two people with a clock, and short ways to make and to list their tasks."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mcp_tasks.caller import Caller
from mcp_tasks.due import Due
from mcp_tasks.edit import NewTask
from mcp_tasks.exactly_once import Operation
from mcp_tasks.store import TaskStore

LA = ZoneInfo("America/Los_Angeles")
NOW = datetime(2026, 11, 24, 18, tzinfo=UTC)  # 10:00 in Los Angeles
ANN = Caller("ann", LA, NOW)
BOB = Caller("bob", LA, NOW)


def later(minutes: float, caller: Caller = ANN) -> Caller:
    return Caller(caller.owner, caller.zone, caller.now + timedelta(minutes=minutes))


def op(name: str, tool: str = "create_task", **arguments: Any) -> Operation:
    return Operation.of(name, tool, arguments)


async def make(
    store: TaskStore,
    title: str = "Buy milk",
    *,
    caller: Caller = ANN,
    due: date | datetime | None = None,
    operation: Operation | None = None,
    notes: str = "",
    **more: Any,
) -> dict[str, Any]:
    new = NewTask(title, notes, due=Due(due) if due else None, **more)
    return await store.create(caller, operation, new)


async def titles(store: TaskStore, view: Any = "all", query: str = "", caller: Caller = ANN) -> list[str]:
    return [task.title for task in (await store.list_tasks(caller, view, query, 50)).tasks]
