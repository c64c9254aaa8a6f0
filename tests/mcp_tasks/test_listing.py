from datetime import date, datetime, timedelta

import pytest

from mcp_tasks.edit import Edit
from mcp_tasks.store import TaskStore
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
