"""«Undo that» takes back what this call did, once for each change, and asks before it touches anything else."""

from __future__ import annotations

import asyncio

import pytest

from agent.own_changes import OwnChanges
from agent.persona import done
from agent.requests import Requests, operation_id
from tests.agent.rig import Rig

pytestmark = pytest.mark.system

ERRANDS = ("Buy bread", "Buy eggs", "Buy milk", "Buy salt", "Buy tea")


async def deletes(ann: Rig, *titles: str) -> None:
    """One yes to the deletion of tasks that were there before."""
    for task_id in (await ann.adds(*titles)).values():
        await ann.model_calls("delete_task", {"task_id": task_id})
    ann.hears()
    await ann.caller_says("Yes.")
    assert await ann.titles() == []
    ann.turn += 1


async def test_all_that_one_yes_deleted_comes_back_when_it_is_undone_as_often(ann: Rig) -> None:
    await deletes(ann, *ERRANDS)
    answers = [await ann.model_calls("undo", {}, each, reply=each) for each in ERRANDS]
    assert [answer["repeated"] for answer in answers] == [False] * len(ERRANDS)
    assert await ann.titles() == list(ERRANDS)


async def test_calls_of_one_reply_that_run_at_once_are_as_many_changes(ann: Rig) -> None:
    await deletes(ann, *ERRANDS)
    answers = await asyncio.gather(*(ann.model_calls("undo", {}, f"call-{each}") for each in ERRANDS))
    assert len({answer["task"]["id"] for answer in answers}) == len(ERRANDS)
    assert await ann.titles() == list(ERRANDS)


async def test_a_reply_anew_while_the_first_ones_call_is_under_way_undoes_no_second_change(ann: Rig) -> None:
    await deletes(ann, "Buy bread", "Buy milk")
    first, anew = await asyncio.gather(
        ann.model_calls("undo", {}, "call-1", reply="first"),
        ann.model_calls("undo", {}, "call-2", reply="anew"),
    )
    assert (first["repeated"], anew["repeated"]) == (False, True)
    assert len(await ann.titles()) == 1


async def test_the_same_call_that_comes_again_undoes_one_change(ann: Rig) -> None:
    await deletes(ann, "Buy bread", "Buy milk")
    first = await ann.model_calls("undo", {}, "call-1")
    again = await ann.model_calls("undo", {}, "call-1")
    assert (first["task"]["id"], again["repeated"]) == (again["task"]["id"], True)
    assert len(await ann.titles()) == 1


@pytest.mark.unit
def test_another_replys_call_is_the_same_while_nobody_knows_how_the_first_went() -> None:
    requests = Requests("c1")
    first = requests.undo(3, call="a", reply="r1")
    assert first == operation_id("c1", 3, "undo", {})
    assert requests.undo(3, call="b", reply="r2") == first
    second = requests.undo(3, call="c", reply="r1")
    assert second != first
    assert requests.undo(3, call="d", reply="r2") == second
    requests.undone(first)
    requests.undone(second)
    assert requests.undo(3, call="e", reply="r3") not in (first, second)
    assert requests.undo(3, call="b", reply="r2") == first


@pytest.mark.unit
def test_another_worker_that_begins_the_turn_anew_sends_the_same_undos() -> None:
    ids = []
    for worker in (Requests("c1"), Requests("c1")):
        sent = []
        for call in ("a", "b"):
            sent.append(worker.undo(3, call=call, reply=call))
            worker.undone(sent[-1])
        ids.append(sent)
    assert ids[0] == ids[1]


@pytest.mark.unit
def test_no_undo_is_answered_with_what_an_earlier_turn_undid() -> None:
    requests = Requests("c1")
    lost = requests.undo(3, call="a", reply="r1")
    assert requests.undo(3, call="b", reply="r2") == lost, "its answer was lost"
    assert requests.undo(4, call="a", reply="r3") != lost
    requests.undone(lost)
    assert requests.undo(5, call="c", reply="r4") != lost


async def test_what_another_door_made_meanwhile_is_deleted_after_a_yes_alone(ann: Rig) -> None:
    await ann.model_calls("create_task", {"title": "Buy milk"})
    await ann.adds("Dentist")
    ann.turn += 1
    asked = await ann.model_calls("undo", {})
    assert asked["question"] == 'Shall I undo adding "Dentist", which removes it?'
    assert await ann.titles() == ["Buy milk", "Dentist"]
    ann.hears()
    assert ann.gate.pending is not None
    assert done(ann.gate.pending.actions) == ('I\'ve undone that: "Dentist" is no longer on your list.')
    await ann.caller_says("Yes, undo it.")
    assert await ann.titles() == ["Buy milk"]
    ann.turn += 1
    assert (await ann.model_calls("undo", {}))["undone"] == "create", "the call's own is the last one again"
    assert await ann.titles() == []


async def test_what_was_changed_between_the_question_and_the_yes_stays(ann: Rig) -> None:
    await ann.adds("Dentist")
    await ann.model_calls("undo", {})
    ann.hears()
    await ann.adds("Call Ann")
    await ann.caller_says("Yes.")
    assert await ann.titles() == ["Call Ann", "Dentist"]


async def test_own_corrections_are_undone_unasked_one_after_the_other(ann: Rig) -> None:
    made = await ann.model_calls("create_task", {"title": "Buy milk"})
    for title in ("Buy oat milk", "Buy soy milk"):
        ann.turn += 1
        await ann.model_calls("update_task", {"task_id": made["task"]["id"], "title": title})
    for title in (["Buy oat milk"], ["Buy milk"], []):
        ann.turn += 1
        assert "undone" in await ann.model_calls("undo", {})
        assert await ann.titles() == title


async def test_a_second_undo_of_one_turn_deletes_no_task_unasked(ann: Rig) -> None:
    made = await ann.model_calls("create_task", {"title": "Buy milk"})
    ann.turn += 1
    await ann.model_calls("update_task", {"task_id": made["task"]["id"], "title": "Buy oat milk"})
    ann.turn += 1
    assert (await ann.model_calls("undo", {}, "call-1"))["undone"] == "update"
    asked = await ann.model_calls("undo", {}, "call-2")
    assert asked["question"] == 'Shall I undo adding "Buy milk", which removes it?'
    assert (await ann.model_calls("undo", {}, "call-1"))["repeated"] is True
    assert await ann.titles() == ["Buy milk"]
    ann.hears()
    await ann.caller_says("Put it back.")
    assert await ann.titles() == ["Buy milk"], "which may mean the contrary"
    ann.hears()
    await ann.caller_says("Yes.")
    assert await ann.titles() == []


async def test_a_third_undo_of_one_turn_is_not_taken_for_the_one_that_is_asked_about(ann: Rig) -> None:
    for title in ("Buy bread", "Buy milk", "Buy salt"):
        await ann.model_calls("create_task", {"title": title})
    ann.turn += 1
    assert (await ann.model_calls("undo", {}, "call-1"))["undone"] == "create"
    assert "question" in await ann.model_calls("undo", {}, "call-2")
    assert "question" in await ann.model_calls("undo", {}, "call-2"), "it is the same one"
    assert (await ann.model_calls("undo", {}, "call-3"))["error"]["code"] == "one_at_a_time"
    ann.hears()
    await ann.caller_says("Yes.")
    assert await ann.titles() == ["Buy bread"]


async def test_what_the_call_did_with_another_worker_is_its_own(ann: Rig) -> None:
    await ann.model_calls("create_task", {"title": "Buy milk"})
    handed_over = ann.toolbox.changes.known()
    ann.toolbox.changes = OwnChanges()
    ann.toolbox.changes.goes_on_from(handed_over)
    ann.turn += 1
    assert "undone" in await ann.model_calls("undo", {})
    assert await ann.titles() == []


async def test_a_change_of_the_same_task_by_another_door_is_not_the_calls_own(ann: Rig) -> None:
    made = await ann.model_calls("create_task", {"title": "Buy milk"})
    task_id = made["task"]["id"]
    ann.turn += 1
    await ann.model_calls("update_task", {"task_id": task_id, "title": "Buy oat milk"})
    await ann.client.call("update_task", {"task_id": task_id, "title": "Buy soy milk"})
    ann.turn += 1
    asked = await ann.model_calls("undo", {})
    assert asked["question"] == 'Shall I undo the last change of "Buy soy milk"?'
    assert await ann.titles() == ["Buy soy milk"]


async def test_where_there_is_nothing_to_undo_nothing_is_asked(ann: Rig) -> None:
    assert (await ann.model_calls("undo", {}))["error"]["code"] == "not_found"
    assert ann.gate.pending is None
