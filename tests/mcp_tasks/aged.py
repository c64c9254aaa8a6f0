"""A database as an earlier version left it, taken forward and back."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import text

from mcp_tasks.caller import Caller
from mcp_tasks.database import create_engine
from mcp_tasks.migrate import migrate
from mcp_tasks.store import TaskStore

FIRST = "INSERT INTO tasks (owner, id, title, notes, search_text, time_zone, status, created_at, version, due) VALUES ("


async def forward_and_back(url: str) -> None:
    """A database of the first version, with two tasks, goes forward, back and forward again."""
    await migrate(url, "t0001")
    engine = create_engine(url)
    async with engine.begin() as connection:
        for values in (
            "'ann', 'aaaaaaaa', 'Buy milk', 'two litres', 'x', 'UTC', 'open', '2026-11-20 10:00:00+00:00', 1, NULL",
            "'ann', 'bbbbbbbb', 'Call Émile', '', 'x', 'UTC', 'open', '2026-11-21 10:00:00+00:00', 3, '2026-11-27'",
        ):
            await connection.execute(text(f"{FIRST}{values})"))
    caller = Caller("ann", ZoneInfo("UTC"), datetime(2026, 11, 24, 18, tzinfo=UTC))
    for _ in range(2):
        await migrate(url)
        store = TaskStore(create_engine(url))
        found = await store.list_tasks(caller, "all", "by milk", 5)
        assert [(task.title, task.priority, task.tags) for task in found.tasks] == [
            ("Buy milk", "normal", [])
        ]
        assert (await store.list_tasks(caller, "all", "litres", 5)).total == 1
        assert [task.title for task in (await store.list_tasks(caller, "all", "", 5)).tasks] == [
            "Call Émile",
            "Buy milk",
        ]
        await store.close()
        await migrate(url, "t0001")
        async with engine.connect() as connection:
            kept = (await connection.execute(text("SELECT id, title, version FROM tasks ORDER BY id"))).all()
        assert [tuple(row) for row in kept] == [("aaaaaaaa", "Buy milk", 1), ("bbbbbbbb", "Call Émile", 3)]
    await engine.dispose()
