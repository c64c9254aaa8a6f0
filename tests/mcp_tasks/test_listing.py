from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from mcp_tasks.caller import Caller
from mcp_tasks.edit import Edit
from mcp_tasks.models import TaskRow
from mcp_tasks.store import TaskStore
from mcp_tasks.task import View
from mcp_tasks.views import GROUPS, counted, group_of, in_view
from tests.mcp_tasks.people import ANN, LA, later, make, titles

pytestmark = pytest.mark.unit

TODAY = date(2026, 11, 24)


async def test_open_tasks_fall_into_groups_by_the_users_day(store: TaskStore) -> None:
    await make(store, "none")
    await make(store, "later", due=date(2026, 12, 24))
    await make(store, "in six days", due=date(2026, 11, 30))
    await make(store, "today", due=TODAY)
    await make(store, "past hour", due=datetime(2026, 11, 24, 9, tzinfo=LA))
    await make(store, "yesterday", due=date(2026, 11, 23))
    found = await store.list_tasks(ANN, "all", "", 50)
    assert found.groups == {"overdue": 2, "today": 1, "week": 1, "later": 1, "no_date": 1}
    assert [task.title for task in found.tasks] == [
        "yesterday",
        "past hour",
        "today",
        "in six days",
        "later",
        "none",
    ]


async def test_in_a_group_the_urgent_come_first(store: TaskStore) -> None:
    await make(store, "low", due=TODAY, priority="low")
    await make(store, "normal", due=TODAY)
    await make(store, "high", due=TODAY, priority="high")
    await make(store, "high, but later", due=TODAY + timedelta(days=20), priority="high")
    assert await titles(store) == ["high", "normal", "low", "high, but later"]


async def test_a_long_list_comes_with_a_summary_of_its_first_three(store: TaskStore) -> None:
    for number in range(18):
        await make(store, f"errand {number}", due=TODAY + timedelta(days=30 + number))
    for number in range(3):
        await make(store, f"chore {number}", due=TODAY)
    await make(store, "Pay the rent", due=TODAY - timedelta(days=1))
    await make(store, 'Read "Emma"')
    found = await store.list_tasks(ANN, "all", "", 5)
    assert (found.total, len(found.tasks)) == (23, 5)
    assert found.summary == (
        "You have 23 tasks: 1 overdue, 3 due today, 18 due later and 1 without a date. The three most urgent are "
        '"Pay the rent", due yesterday; "chore 0", due today; "chore 1", due today. Shall I go on?'
    )
    assert [task.title for task in found.tasks[:3]] == ["Pay the rent", "chore 0", "chore 1"]


async def test_a_short_list_needs_no_summary(store: TaskStore) -> None:
    for number in range(5):
        await make(store, f"errand {number}")
    assert (await store.list_tasks(ANN, "all", "", 50)).summary is None


async def test_groups_of_more_than_a_page_are_counted_as_exactly(store: TaskStore) -> None:
    for number in range(230):
        day = TODAY + timedelta(days=number % 23 - 4)
        due = datetime(day.year, day.month, day.day, number % 24, tzinfo=LA) if number % 3 else day
        await make(store, f"errand {number}", due=due if number % 10 else None)
    pages = [await store.list_tasks(ANN, view, "", 200) for view in ("overdue", "today", "week")]
    found = await store.list_tasks(ANN, "all", "", 200)
    groups = found.groups or {}
    assert (found.total, len(found.tasks)) == (230, 200)
    assert groups["overdue"] == pages[0].total
    assert groups["no_date"] == 23
    ahead_today = [
        task for task in pages[1].tasks if task.due in (str(TODAY),) or (task.due or "") > "2026-11-24T10"
    ]
    assert groups["today"] == len(ahead_today)
    assert groups["today"] + groups["week"] == sum(
        task.due == str(TODAY) or (task.due or "") > "2026-11-24T10" for task in pages[2].tasks
    )
    assert sum(groups.values()) == 230


async def test_a_list_is_found_by_its_name_as_it_is_said(store: TaskStore) -> None:
    await make(store, "Milk", list_name="Groceries")
    await make(store, "Shirts", list_name="Laundry")
    await make(store, "Groceries for Ann")
    found = await store.list_tasks(ANN, "all", "", 50, list_name="grocery's")
    assert found.total == 0
    found = await store.list_tasks(ANN, "all", "", 50, list_name="groceries")
    assert [task.title for task in found.tasks] == ["Milk"]
    assert found.groups == {"overdue": 0, "today": 0, "week": 0, "later": 0, "no_date": 1}


async def test_what_says_nothing_is_left_out_of_an_answer(store: TaskStore) -> None:
    plain = (await make(store))["task"]
    assert not {"priority", "list_name", "tags", "rrule", "repeats"} & plain.keys()
    rich = (await make(store, priority="high", list_name="home", tags=["a", "b"]))["task"]
    assert (rich["priority"], rich["list_name"], rich["tags"]) == ("high", "home", ["a", "b"])
    listed = (await store.list_tasks(ANN, "today", "", 50)).model_dump(mode="json")
    assert set(listed) == {"tasks", "total", "view", "today"}


async def test_priority_list_and_tags_can_be_changed_and_changed_back(store: TaskStore) -> None:
    task_id = (await make(store, priority="high", list_name="home", tags=["a"]))["task"]["id"]
    edit = Edit(priority="low", list_name="", tags=["b", "c"])
    changed = (await store.update(ANN, None, task_id, edit, None))["task"]
    assert (changed["priority"], changed["tags"], "list_name" in changed) == ("low", ["b", "c"], False)
    undone = (await store.undo(later(1), None))["task"]
    assert (undone["priority"], undone["list_name"], undone["tags"]) == ("high", "home", ["a"])
    assert (await store.list_tasks(ANN, "all", "", 50, list_name="home")).total == 1


async def test_a_time_falls_on_the_day_that_it_is_where_its_owner_is_now(store: TaskStore) -> None:
    await make(store, "afternoon", due=datetime(2026, 11, 24, 15, tzinfo=LA))
    await make(store, "next week's edge", due=datetime(2026, 12, 1, 10, tzinfo=LA))
    await make(store, "a day stays a day", due=date(2026, 11, 25))
    for index in range(220):
        await make(store, f"someday {index}")
    tokyo = Caller("ann", ZoneInfo("Asia/Tokyo"), datetime(2026, 11, 24, 22, tzinfo=UTC))  # 7 on the 25th

    async def seen(view: Any) -> list[str]:
        found = await store.list_tasks(tokyo, view, "", 200)
        return [task.title for task in found.tasks if not task.title.startswith("someday")]

    assert await seen("today") == ["afternoon", "a day stays a day"]
    assert await seen("week") == ["afternoon", "a day stays a day"]
    assert await seen("overdue") == []
    assert await seen("all") == ["afternoon", "a day stays a day", "next week's edge"]
    found = await store.list_tasks(tokyo, "all", "", 5)
    assert found.groups == {"overdue": 0, "today": 2, "week": 0, "later": 1, "no_date": 220}
    at_home = replace(tokyo, zone=LA, now=tokyo.now - timedelta(hours=1))
    assert (await store.list_tasks(at_home, "all", "", 5)).groups == {
        **{"overdue": 0, "today": 1, "week": 1, "later": 1, "no_date": 220}
    }


async def test_every_view_and_every_count_holds_the_same_tasks_wherever_they_were_set(
    store: TaskStore,
) -> None:
    zones = [ZoneInfo(name) for name in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Tokyo", "UTC")]
    callers = [Caller("ann", zone, datetime(2026, 11, 24, 10, 30, tzinfo=UTC)) for zone in zones]
    for caller in callers:
        for hours in range(-60, 240, 7):
            due = (caller.now + timedelta(hours=hours)).astimezone(caller.zone)
            await make(store, f"{caller.zone} {hours}", due=due if hours % 2 else due.date(), caller=caller)
    for caller in callers:
        async with store._sessions() as session:
            rows = list(await session.scalars(select(TaskRow)))
            mine = [TaskRow.owner == "ann", *in_view("all", caller)]
            numbers = (await session.execute(counted(caller, mine))).one()
        groups = Counter(group_of(row, caller) for row in rows)
        assert list(numbers) == [groups[group] for group in GROUPS], caller.zone
        for view, days in (("today", 1), ("week", 7)):
            found = await store.list_tasks(caller, cast("View", view), "", 200)
            last = (caller.today + timedelta(days=days)).isoformat()
            ahead = [row.title for row in rows if caller.today.isoformat() <= _local(row, caller) < last]
            assert {task.title for task in found.tasks} == set(ahead), (caller.zone, view)


def _local(row: TaskRow, caller: Caller) -> str:
    """The day that a task is due on, on somebody's own calendar."""
    assert row.due is not None
    return row.due if row.due_instant is None else row.due_instant.astimezone(caller.zone).date().isoformat()
