"""One owner with very many tasks, and very many owners with one each, put into a database in bulk."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncEngine

from mcp_tasks.caller import Caller
from mcp_tasks.due import Due
from mcp_tasks.edit import NewTask
from mcp_tasks.models import TaskRow
from mcp_tasks.rows import new_row
from mcp_tasks.search_index import prepare_search

ZONE: Final = ZoneInfo("America/Los_Angeles")
BUSY: Final = "usr_busy"
VERBS: Final = (
    "buy",
    "call",
    "review",
    "send",
    "write",
    "book",
    "plan",
    "fix",
    "clean",
    "pay",
    "order",
    "check",
)
THINGS: Final = (
    "milk", "proposal", "report", "dentist", "garage", "invoice", "flight", "budget", "slides", "car", "rent",
    "flowers", "contract", "letter", "garden", "present",
)  # fmt: skip
NAMES: Final = ("Ann", "Ben", "Carla", "David", "Emma", "Frank", "Grace", "Henry")
_AT_ONCE: Final = 2_000
_DAYS: Final = 365
"""Days ahead over which dues are spread; a twelfth of them lies in the month before."""


def one_of(number: int) -> str:
    """The owner with this number."""
    return f"usr_{number:032x}"


def title_of(number: int) -> str:
    """The busy owner's title with this number; each is another one."""
    base = _BASES[number % len(_BASES)]
    return f"{base} {number}"


_BASES: Final = tuple(f"{verb} {thing} {name}" for verb, thing, name in product(VERBS, THINGS, NAMES))


async def fill(engine: AsyncEngine, tasks: int, users: int, say: Callable[[str], None]) -> None:
    """Store `tasks` tasks of the busy owner and one for each of `users` others."""
    postgres = engine.dialect.name == "postgresql"
    async with engine.begin() as connection:
        if postgres:  # in bulk an index is made faster than it is kept
            await connection.execute(text("DROP INDEX IF EXISTS ix_tasks_words, ix_tasks_sounds"))
        batch: list[dict[str, Any]] = []
        for number, row in enumerate(_rows(tasks, users)):
            batch.append(row)
            if len(batch) == _AT_ONCE:
                await connection.execute(insert(TaskRow), batch)
                batch = []
            if number and number % 50_000 == 0:
                say(f"{number} tasks stored")
        if batch:
            await connection.execute(insert(TaskRow), batch)
    await prepare_search(engine)
    async with engine.begin() as connection:
        await connection.execute(text("ANALYZE" if postgres else "PRAGMA optimize"))


def _rows(tasks: int, users: int) -> Iterator[dict[str, Any]]:
    dice = random.Random(1)  # noqa: S311 (a crowd, not a secret)
    now, columns = datetime.now(UTC), [column.name for column in TaskRow.__table__.columns]
    made = {base: new_row(Caller("", ZONE, now), NewTask(base)) for base in _BASES}
    today, first = date.today(), made[_BASES[0]].number
    for number in range(tasks + users):
        base = made[_BASES[number % len(_BASES)]]
        row = {name: getattr(base, name) for name in columns}
        row["owner"] = BUSY if number < tasks else one_of(number - tasks)
        row["id"] = f"t{number:07d}"
        row["number"] = first + number
        row["created_at"] = row["updated_at"] = now - timedelta(seconds=tasks + users - number)
        if dice.random() < 0.8:
            row["due"] = row["due_key"] = Due(today + timedelta(days=dice.randint(-30, _DAYS))).text
        # A number at the end of a title is a word of its own, in each of the forms that a title is kept in.
        row["title"] = f"{base.title} {number}"
        row["title_key"] = f"{base.title_key} {number}"
        row["search_text"] = base.search_text.replace(base.title.casefold(), row["title"].casefold(), 1)
        row["words"] = f"{base.words}{number} "
        row["sounds"] = f"{base.sounds}{number} "
        yield row
