"""Which tasks their owners are to be called about, and when; everything that moves a task moves its reminder."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from mcp_tasks.caller import Caller
from mcp_tasks.due import Due
from mcp_tasks.edit import Edit, NewTask
from mcp_tasks.phone_reminders import PhoneReminder, PhoneReminders
from mcp_tasks.rows import new_row
from mcp_tasks.store import TaskStore

pytestmark = pytest.mark.unit

NINE = datetime(2026, 11, 27, 9, tzinfo=ZoneInfo("Europe/Berlin"))
ANN = Caller("ann", ZoneInfo("Europe/Berlin"), NINE - timedelta(hours=1))
SPAN = timedelta(hours=6)


async def make(store: TaskStore, due: datetime | date | None = NINE, **more: object) -> str:
    new = NewTask(title="Pills", due=Due(due) if due else None, **({"by_phone": True} | more))  # type: ignore[arg-type]
    return str((await store.create(ANN, None, new))["task"]["id"])


def reminders(store: TaskStore) -> PhoneReminders:
    return PhoneReminders(store._engine)


async def test_they_are_due_at_their_moment_and_for_a_while(store: TaskStore) -> None:
    task = await make(store)
    await make(store, by_phone=False)
    await make(store, None)
    found = reminders(store)
    assert await found.due(NINE - timedelta(seconds=1), within=SPAN) == []
    assert await found.due(NINE.astimezone(UTC), within=SPAN) == [PhoneReminder("ann", task, NINE)]
    assert await found.due(NINE + SPAN, within=SPAN) == []


async def test_a_day_is_at_nine_on_its_owners_clock(store: TaskStore) -> None:
    task = await make(store, date(2026, 11, 27))
    assert await reminders(store).due(NINE, within=SPAN) == [PhoneReminder("ann", task, NINE)]
    assert await reminders(store).due(NINE - timedelta(minutes=1), within=SPAN) == []


async def test_what_is_done_deleted_moved_or_taken_back_stands_no_more(store: TaskStore) -> None:
    found = reminders(store)
    done, gone, moved, silent = [await make(store) for _ in range(4)]
    all_of_them = [PhoneReminder("ann", task, NINE) for task in (done, gone, moved, silent)]
    assert all([await found.stands(each) for each in all_of_them])
    await store.complete(ANN, None, done, None)
    await store.delete(ANN, None, gone, None)
    await store.update(ANN, None, moved, Edit(due=Due(NINE + timedelta(hours=1))), None)
    await store.update(ANN, None, silent, Edit(by_phone=False), None)
    assert not any([await found.stands(each) for each in all_of_them])
    assert await found.stands(PhoneReminder("ann", moved, NINE + timedelta(hours=1)))
    assert not await found.stands(PhoneReminder("bob", moved, NINE + timedelta(hours=1)))
    await store.undo(ANN, None)
    assert await found.stands(PhoneReminder("ann", silent, NINE)), "undone"


async def test_the_next_of_a_series_is_called_about_too(store: TaskStore) -> None:
    first = await make(store, rrule="FREQ=DAILY")
    following = (await store.complete(ANN, None, first, None))["next"]["id"]
    tomorrow = NINE + timedelta(days=1)
    assert await reminders(store).due(tomorrow, within=SPAN) == [PhoneReminder("ann", following, tomorrow)]


async def test_however_many_are_due_none_is_left_out(store: TaskStore) -> None:
    rows = [
        new_row(ANN, NewTask(title="Pills", due=Due(NINE - timedelta(seconds=n)), by_phone=True))
        for n in range(1_200)
    ]
    async with AsyncSession(store._engine) as session, session.begin():
        session.add_all(rows)
    found = await reminders(store).due(NINE, within=SPAN)
    assert len(found) == 1_200
    assert found[-1].at == NINE
