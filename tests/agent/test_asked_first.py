"""Clearing and changing many are asked about; a correction is not."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from agent.carried_out import told
from agent.gate import Action, Gate, Step
from mcp_tasks.client import ToolOutcome
from tests.agent.rig import Rig, rig

pytestmark = pytest.mark.system


def answered(gate: Gate, said: str) -> Step:
    """What becomes of an answer to the question once it was heard."""
    assert gate.pending is not None
    gate.played(gate.pending.id)
    return gate.read(said, turn=2, by="voice")[0]


async def milk_for_friday(ann: Rig, title: str = "Buy milk") -> str:
    """A task that holds a date and notes; its id."""
    holds = {"due_words": "every Friday", "notes": "oat", "list_name": "shopping", "tags": ["dairy"]}
    made = await ann.client.call("create_task", {"title": title, **holds})
    return str(made.structured["task"]["id"])


async def task(ann: Rig, task_id: str) -> dict[str, Any]:
    """A task as the store has it."""
    found = await ann.client.call("list_tasks", {"view": "all"})
    return dict(next(each for each in found.structured["tasks"] if each["id"] == task_id))


@pytest.mark.parametrize(
    ("change", "to_be"),
    [
        ({"due_words": "no date"}, "without a date"),
        ({"due_words": "Actually, make it no deadline"}, "without a date"),
        ({"due": "none"}, "without a date"),
        ({"notes": ""}, "without notes"),
        ({"due_words": "whenever", "notes": ""}, "without a date and without notes"),
        ({"due_words": "Friday, actually no date"}, "without a date"),
        ({"due_words": " ", "due": "none"}, "without a date"),
        ({"notes": " \n"}, "without notes"),
        ({"notes": "\u200b"}, "without notes"),
        ({"list_name": "  "}, "on no list"),
        ({"tags": ["#"]}, "without tags"),
        ({"tags": [""]}, "without tags"),
        ({"due_words": "Do not  repeat."}, "no longer repeated"),
        ({"due_words": "just once"}, "no longer repeated"),
    ],
)
async def test_what_a_task_holds_is_cleared_after_a_yes(ann: Rig, change: dict[str, str], to_be: str) -> None:
    task_id = await milk_for_friday(ann)
    before = await task(ann, task_id)
    asked = await ann.model_calls("update_task", {"task_id": task_id, **change})
    assert asked["question"] == f'Shall I change "Buy milk" to be {to_be}?'
    assert await task(ann, task_id) == before
    ann.hears()
    await ann.caller_says("Yes.")
    after = await task(ann, task_id)
    assert (after["due"] is None) == ("date" in to_be)
    assert (after["notes"].strip("\u200b") == "") == ("notes" in to_be)
    assert ("list_name" not in after) == ("list" in to_be)
    assert ("tags" not in after) == ("tags" in to_be)
    assert ("rrule" not in after) == ("repeated" in to_be or "date" in to_be)


@pytest.mark.parametrize(
    "change",
    [
        {"due_words": "no, I meant Thursday"},
        {"due_words": "every Monday"},
        {"title": "Buy oat milk"},
        {"notes": "soy"},
        {"tags": ["soy"]},
    ],
)
async def test_a_correction_is_made_unasked(ann: Rig, change: dict[str, str]) -> None:
    task_id = await milk_for_friday(ann)
    assert (await ann.model_calls("update_task", {"task_id": task_id, **change}))["changed"] is True
    again = await ann.model_calls("update_task", {"task_id": task_id, "priority": "high"})
    assert again["changed"] is True, "the same task twice is not many"
    assert ann.gate.pending is None


async def test_what_is_empty_already_is_not_asked_about(ann: Rig) -> None:
    ids = await ann.adds("Dentist")
    change = {"task_id": ids["Dentist"], "title": "Dentist at noon", "notes": "", "due_words": ""}
    assert (await ann.model_calls("update_task", change))["changed"] is True


async def test_what_was_put_there_since_it_was_looked_at_is_not_cleared_unasked(ann: Rig) -> None:
    ids = await ann.adds("Dentist")
    await ann.model_calls("list_tasks", {"view": "all"})
    await ann.client.call("update_task", {"task_id": ids["Dentist"], "notes": "bring the form"})
    change = {"task_id": ids["Dentist"], "title": "Dentist at noon", "notes": ""}
    assert (await ann.model_calls("update_task", change))["error"]["code"] == "conflict"
    assert (await task(ann, ids["Dentist"]))["notes"] == "bring the form"
    again = await ann.model_calls("update_task", change)
    assert again["question"] == 'Shall I change "Dentist" to "Dentist at noon" and without notes?'


async def test_an_update_that_is_sent_again_is_the_same_one_though_it_relies_on_what_is_empty(
    ann: Rig,
) -> None:
    made = await ann.client.call("create_task", {"title": "Dentist", "due_words": "2030-05-02"})
    task_id = made.structured["task"]["id"]
    change = {"task_id": task_id, "due_words": "a day later", "notes": ""}
    assert (await ann.model_calls("update_task", change))["changed"] is True
    again = await ann.model_calls("update_task", change)
    assert again["repeated"] is True
    assert (await task(ann, task_id))["due"] == "2030-05-03"


async def test_what_moves_a_date_on_is_asked_about_where_it_comes_again_in_another_turn(ann: Rig) -> None:
    made = await ann.client.call("create_task", {"title": "Dentist", "due_words": "2030-05-02"})
    change = {"task_id": made.structured["task"]["id"], "due_words": "a day later"}
    assert (await ann.model_calls("update_task", change))["changed"] is True
    ann.turn += 1
    asked = await ann.model_calls("update_task", change)
    assert (
        asked["question"] == 'Shall I change the "Dentist" due Friday, May 3rd, 2030 to be due a day later?'
    )
    ann.hears()
    await ann.caller_says("Yes.")
    assert (await task(ann, change["task_id"]))["due"] == "2030-05-04"


async def test_one_of_many_that_is_emptied_is_said_to_be(ann: Rig) -> None:
    first, task_id = await milk_for_friday(ann, "Bread"), await milk_for_friday(ann)
    await ann.model_calls("update_task", {"task_id": first, "priority": "high"})
    nothing = {"notes": " ", "tags": ["#"], "list_name": "\t"}
    asked = await ann.model_calls("update_task", {"task_id": task_id, **nothing})
    assert asked["question"] == 'Shall I change "Buy milk" to be without notes, on no list and without tags?'


async def test_where_completing_asks_for_no_yes_all_but_the_first_of_many_do(port: int) -> None:
    async with rig(port, f"eve-{uuid4().hex}", completes_at_once=True) as eve:
        ids = await eve.adds("A", "B", "C")
        answers = [await eve.model_calls("complete_task", {"task_id": each}) for each in ids.values()]
        assert answers[0]["changed"] is True
        assert answers[-1]["question"] == 'Shall I mark "B" and "C" as done?'
        assert await eve.titles("done") == ["A"]
        eve.turn += 1
        assert (await eve.model_calls("complete_task", {"task_id": ids["B"]}))["changed"] is True


async def test_of_completions_called_all_at_once_no_more_than_one_is_unasked(port: int) -> None:
    async with rig(port, f"eve-{uuid4().hex}", completes_at_once=True) as eve:
        ids = await eve.adds("A", "B", "C")
        await asyncio.gather(
            *(eve.model_calls("complete_task", {"task_id": each}, f"call-{each}") for each in ids.values())
        )
        assert len(await eve.titles("done")) == 1
        assert eve.gate.pending is not None
        assert len(eve.gate.pending.actions) == 2


async def test_all_but_the_first_of_many_updates_wait_for_one_yes(ann: Rig) -> None:
    titles = [f"Errand {letter}" for letter in "ABCDEF"]
    ids = await ann.adds(*titles)
    answers = [
        await ann.model_calls("update_task", {"task_id": task_id, "due_words": "Friday"})
        for task_id in ids.values()
    ]
    assert answers[0]["changed"] is True
    assert answers[-1]["question"] == (
        'Shall I change 5 tasks, "Errand B", "Errand C", "Errand D" and 2 more, to be due Friday?'
    )
    found = await ann.client.call("list_tasks", {"view": "all"})
    assert [each["title"] for each in found.structured["tasks"] if each["due"]] == ["Errand A"]
    ann.hears()
    await ann.caller_says("Yes, change them all.")
    found = await ann.client.call("list_tasks", {"view": "all"})
    assert all(each["due"] for each in found.structured["tasks"])


@pytest.mark.unit
@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("Yes, move them.", Step.RUN),
        ("Yes, change them to Friday.", Step.RUN),
        ("Yes, Friday.", Step.RUN),
        ("Yes, move both of them to Friday, please.", Step.RUN),
        ("Yes, Monday.", Step.GO_ON),
        ("Friday.", Step.ASK_AGAIN),
        ("Yes, just Errand B.", Step.GO_ON),
    ],
)
def test_a_yes_may_say_again_what_is_to_be_changed_and_nothing_else(said: str, answer: Step) -> None:
    gate = Gate()
    for letter in "BC":
        gate.ask(
            Action("update_task", {"task_id": letter, "due_words": "Friday"}, (f"Errand {letter}",)), turn=1
        )
    assert answered(gate, said) is answer


@pytest.mark.unit
@pytest.mark.parametrize("said", ["Yes, remove the date.", "Yes, clear it.", "Yes, take it off."])
def test_a_yes_to_clearing_may_say_what_is_cleared(said: str) -> None:
    gate = Gate()
    gate.ask(Action("update_task", {"task_id": "a", "due_words": "no date"}, ("Dentist",)), turn=1)
    assert answered(gate, said) is Step.RUN


@pytest.mark.unit
@pytest.mark.parametrize("said", ["Yes, undo the change.", "Yes, restore it.", "Yes, put it back."])
def test_a_yes_to_undoing_may_say_so(said: str) -> None:
    gate = Gate()
    gate.ask(Action("undo", {}, ("Dentist",), undoes="delete"), turn=1)
    assert answered(gate, said) is Step.RUN


async def test_another_update_in_a_later_turn_or_in_place_of_one_that_failed_is_not_one_of_many(
    ann: Rig,
) -> None:
    ids = await ann.adds("Dentist", "Call Ann")
    wrong = await ann.model_calls("update_task", {"task_id": "nothere", "due_words": "Friday"})
    assert wrong["error"]["code"] == "not_found"
    for task_id in ids.values():
        answer = await ann.model_calls("update_task", {"task_id": task_id, "due_words": "Friday"})
        assert answer["changed"] is True
        ann.turn += 1


@pytest.mark.unit
def test_of_many_changes_the_number_is_told_with_examples() -> None:
    outcome = ToolOutcome({"task": {"title": "Errand"}}, is_error=False, code=None, text="")
    runs = [
        (Action("update_task", {"task_id": each, "due_words": "no date"}, (f"Errand {each}",)), outcome)
        for each in "ABCDE"
    ]
    assert told(runs[:1]) == 'I\'ve changed it to "Errand", without a date.'
    assert told(runs) == 'I\'ve changed 5 tasks, "Errand A", "Errand B", "Errand C" and 2 more.'
