"""What the tools make of somebody's words, between the grammar and the store."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mcp_tasks.caller import Caller
from mcp_tasks.edit import Before, NewTask
from mcp_tasks.errors import TaskError
from mcp_tasks.exactly_once import Operation
from mcp_tasks.store import TaskStore
from mcp_tasks.tools import TaskTools
from tests.mcp_tasks.people import ANN

pytestmark = pytest.mark.unit


@pytest.fixture
def tools(store: TaskStore, monkeypatch: pytest.MonkeyPatch) -> TaskTools:
    """Ann's."""
    monkeypatch.setattr(TaskTools, "_caller", lambda self: ANN)
    return TaskTools(store)


async def created(tools: TaskTools, title: str, due_words: str = "", due: str = "") -> dict[str, Any]:
    answer = (await tools.create_task(title, due_words, due)).structured_content
    assert answer is not None
    task: dict[str, Any] = answer["task"]
    return task


@pytest.mark.parametrize(
    ("words", "rrule"),
    [
        ("the 31st of every month that has one", "FREQ=MONTHLY;BYMONTHDAY=31"),
        ("the last day of every month", "FREQ=MONTHLY;BYMONTHDAY=-1"),
        ("February 29th of every year that has one", "FREQ=YEARLY;BYMONTHDAY=29;BYMONTH=2"),
    ],
)
async def test_the_days_that_were_chosen_are_those_that_come_back(
    tools: TaskTools, words: str, rrule: str
) -> None:
    assert (await created(tools, "Pay rent", words))["rrule"] == rrule


async def test_just_once_says_nothing_of_the_day_that_comes_with_it(tools: TaskTools) -> None:
    assert (await created(tools, "Call Ann", "just once", "2026-11-27"))["due"] == "2026-11-27"
    assert (await created(tools, "Call Ann", "just once"))["due"] is None
    series = await created(tools, "Water the plants", "every Monday at 5")
    answer = await tools.update_task(series["id"], due_words="do not repeat", due="2026-11-27")
    assert answer.structured_content is not None
    assert answer.structured_content["task"]["due"] == series["due"]


async def test_words_about_a_date_go_with_it(tools: TaskTools) -> None:
    series = await created(tools, "Water the plants", "every Monday")
    moved = (await tools.update_task(series["id"], due_words="tomorrow")).structured_content
    assert moved is not None
    assert moved["task"]["due_words"] == "tomorrow"
    done = (await tools.complete_task(series["id"])).structured_content
    assert done is not None
    assert done["next"]["due_words"] is None
    again = await created(tools, "Take the bins out", "every Monday")
    over = (await tools.update_task(again["id"], due_words="do not repeat")).structured_content
    assert over is not None
    assert (over["task"]["due"], over["task"]["due_words"]) == (again["due"], None)


async def test_two_who_say_a_day_later_at_once_do_not_both_count_from_the_same_day(
    tools: TaskTools, store: TaskStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await created(tools, "Call Ann", "Friday")
    both_read = asyncio.Barrier(2)
    before = TaskStore.before

    async def together(self: TaskStore, caller: Caller, task_id: str) -> Before:
        found = await before(self, caller, task_id)
        await both_read.wait()
        return found

    monkeypatch.setattr(TaskStore, "before", together)
    later = [tools.update_task(task["id"], due_words="a day later") for _ in range(2)]
    answers = await asyncio.gather(*later, return_exceptions=True)
    (refused,) = [each for each in answers if isinstance(each, TaskError)]
    assert refused.code == "conflict"
    (now,) = (await store.list_tasks(ANN, "all", "", 5)).tasks
    assert now.due == "2026-11-28"
    renamed = [tools.update_task(task["id"], title) for title in ("Call Anna", "Call Anne")]
    await asyncio.gather(*renamed)


async def test_a_request_that_comes_again_a_little_otherwise_makes_no_second_task(
    tools: TaskTools, store: TaskStore
) -> None:
    await tools.create_task("Buy milk", "tomorrow", operation_id="op-1")
    for title, due_words, due in (
        ("buy milk", "tomorrow", ""),
        ("Buy milk.", "by tomorrow", "2026-12-01"),
    ):
        again = (await tools.create_task(title, due_words, due, operation_id="op-1")).structured_content
        assert again is not None
        assert (again["task"]["title"], again["repeated"]) == ("Buy milk", True)
    with pytest.raises(TaskError, match="already used") as other:
        await tools.create_task("Buy milk", "Friday", operation_id="op-1")
    assert other.value.code == "conflict"
    assert (await store.list_tasks(ANN, "all", "", 5)).total == 1


async def test_titles_that_differ_in_a_mark_within_are_two(tools: TaskTools) -> None:
    await tools.create_task("Learn C++", operation_id="op-1")
    with pytest.raises(TaskError, match="already used"):
        await tools.create_task("Learn C#", operation_id="op-1")


async def test_a_request_kept_by_an_earlier_version_is_known_by_its_very_arguments(
    tools: TaskTools, store: TaskStore
) -> None:
    asked = {"title": "Buy milk", "due_words": "by tomorrow", "due": "", "notes": ""}
    await store.create(ANN, Operation.of("op-1", "create_task", asked), NewTask(title="Buy milk"))
    again = (await tools.create_task("Buy milk", "by tomorrow", operation_id="op-1")).structured_content
    assert again is not None
    assert again["repeated"]


async def test_a_new_task_that_is_there_already_is_told(tools: TaskTools) -> None:
    first = await created(tools, "Buy milk", "tomorrow")
    for title, due_words, there in (
        ("buy milk.", "tomorrow", first["id"]),
        ("Buy milk", "Friday", None),
        ("By milk", "tomorrow", None),
    ):
        answer = (await tools.create_task(title, due_words)).structured_content
        assert answer is not None
        assert answer.get("also_there") == there
    done = await created(tools, "Call Ann")
    await tools.complete_task(done["id"])
    answer = (await tools.create_task("Call Ann")).structured_content
    assert answer is not None
    assert "also_there" not in answer
