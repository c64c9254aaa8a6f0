"""Of two tasks with one title it is said which one is meant, before a yes and after it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from agent.known_tasks import KnownTasks
from agent.persona import done
from tests.agent.rig import Rig

pytestmark = pytest.mark.system


def on_a(weekday: int) -> str:
    """The date of a weekday (0 is Monday) some two weeks ahead, ISO."""
    soon = date.today() + timedelta(days=10)
    return (soon + timedelta(days=(weekday - soon.weekday()) % 7)).isoformat()


async def adds_twice(ann: Rig, first: dict[str, str], second: dict[str, str]) -> list[dict[str, Any]]:
    """Two tasks that sound alike, listed once; as they were made."""
    made = [
        (await ann.client.call("create_task", {"title": title, **more})).structured["task"]
        for title, more in (("Buy milk", first), ("buy milk!", second))
    ]
    await ann.model_calls("list_tasks", {"view": "all"})
    return made


async def test_the_date_tells_them_apart_in_the_question_and_in_what_is_said_afterwards(ann: Rig) -> None:
    friday, monday = await adds_twice(ann, {"due": on_a(4)}, {"due": on_a(0)})
    asked = await ann.model_calls("delete_task", {"task_id": friday["id"]})
    due = friday["due_spoken"]
    assert asked["question"] == f'Shall I delete the "Buy milk" due {due}?'
    assert ann.gate.pending is not None
    assert done(ann.gate.pending.actions) == f'I\'ve deleted the "Buy milk" due {due}.'
    ann.hears()
    await ann.caller_says("Yes, delete the Monday one.")
    assert len(await ann.titles()) == 2, "that is another one"
    await ann.model_calls("delete_task", {"task_id": friday["id"]})
    ann.hears()
    await ann.caller_says("Yes, delete buy milk, the one due Friday.")
    left = await ann.client.call("list_tasks", {"view": "all"})
    assert [each["id"] for each in left.structured["tasks"]] == [monday["id"]]
    asked = await ann.model_calls("delete_task", {"task_id": monday["id"]})
    assert asked["question"] == 'Shall I delete "buy milk!"?'


async def test_one_that_was_not_told_of_in_this_call_is_told_apart_as_well(ann: Rig) -> None:
    await ann.client.call("create_task", {"title": "buy milk!", "due": on_a(0)})
    made = await ann.model_calls("create_task", {"title": "Buy milk", "due": on_a(4)})
    ann.turn += 1
    asked = await ann.model_calls("delete_task", {"task_id": made["task"]["id"]})
    assert asked["question"] == f'Shall I delete the "Buy milk" due {made["task"]["due_spoken"]}?'


async def test_what_another_door_changed_before_the_yes_is_asked_about_as_it_is_then(ann: Rig) -> None:
    made = await ann.model_calls("create_task", {"title": "Buy milk"})
    task_id = made["task"]["id"]
    ann.turn += 1
    await ann.model_calls("delete_task", {"task_id": task_id})
    ann.hears()
    await ann.client.call("update_task", {"task_id": task_id, "title": "Buy oat milk"})
    await ann.caller_says("Yes.")
    assert await ann.titles() == ["Buy oat milk"]
    ann.turn += 1
    asked = await ann.model_calls("delete_task", {"task_id": task_id})
    assert asked["question"] == 'Shall I delete "Buy oat milk"?'
    ann.hears()
    await ann.caller_says("Yes.")
    assert await ann.titles() == []


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ({}, {"due_words": "Friday"}, "without a date"),
        ({"list_name": "office"}, {}, "on the list office"),
        ({"notes": "oat, no sugar"}, {"notes": "soy"}, "with the note oat, no sugar"),
        ({}, {}, "added first"),
    ],
)
async def test_where_the_date_does_not_something_else_does(
    ann: Rig, first: dict[str, str], second: dict[str, str], said: str
) -> None:
    one, other = await adds_twice(ann, first, second)
    asked = await ann.model_calls("complete_task", {"task_id": one["id"]})
    assert asked["question"] == f'Shall I mark the "Buy milk" {said} as done?'
    ann.turn += 1
    asked = await ann.model_calls("complete_task", {"task_id": other["id"]})
    assert said not in asked["question"]
    ann.hears()
    await ann.caller_says("Yes.")
    assert await ann.titles("done") == ["buy milk!"]


@pytest.mark.unit
def test_a_task_that_is_done_is_none_to_mix_up_with_an_open_one() -> None:
    known = KnownTasks()
    task = {"title": "Buy milk", "created_at": "2026-11-27T10:00:00Z", "due_spoken": "Friday"}
    known.note({"tasks": [{"id": "a", "status": "open", **task}, {"id": "b", "status": "done", **task}]})
    assert known.told_apart("a") == ""
    assert known.told_apart("b") == "already done"
    known.note({"next": {"id": "c", "status": "open", **task, "created_at": "2026-11-27T11:00:00Z"}})
    assert (known.told_apart("a"), known.told_apart("c")) == ("added first", "added last")
