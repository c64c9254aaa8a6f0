"""Whatever a model says or asks for, only what the caller agreed to happens, and only what happened is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from agent.claims import NOTHING_DONE

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]


def calls(*tools: tuple[str, dict[str, Any] | str]) -> dict[str, Any]:
    """A scripted reply that calls tools, with the arguments exactly as given."""
    return {
        "tool_calls": [
            {"name": name, "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments)}
            for name, arguments in tools
        ]
    }


def says(text: str) -> dict[str, Any]:
    """A scripted reply in words."""
    return {"content": text}


@pytest.fixture
def scripted(demo: Any) -> Callable[..., None]:
    """Makes the stand-in for the language model answer with these replies, in this order."""

    def script(*replies: dict[str, Any]) -> None:
        control = f"http://127.0.0.1:{demo.ports['sandbox_control']}"
        httpx.post(f"{control}/reset").raise_for_status()
        httpx.post(f"{control}/script", json={"replies": list(replies)}).raise_for_status()

    return script


@pytest.mark.parametrize("email", ["economy@example.com", "premium@example.com"])
async def test_a_model_that_deletes_at_once_is_held_until_the_caller_says_yes(
    demo: Any, person: Callable[..., Any], scripted: Callable[..., None], email: str
) -> None:
    caller = person(demo, email)
    ids = await caller.start_with("Dentist", "Buy milk")
    delete = calls(("delete_task", {"task_id": ids["Dentist"], "confirm": True}))
    scripted(delete, calls(("delete_task", {"task_id": ids["Dentist"]})))
    result = caller.call("--type", "Thanks!", "--type", "What else is there?", "--hang-up")
    assert {task["title"] for task in await caller.tasks()} == {"Dentist", "Buy milk"}
    assert result["confirmations"], "the model's call came to nobody"
    for confirmation in result["confirmations"]:
        assert "Dentist" in confirmation["question"]
        assert confirmation["outcome"] != "confirmed"
    scripted(calls(("delete_task", {"task_id": ids["Dentist"]})))
    result = caller.call("--type", "Thanks!", "--type", "yes", "--hang-up")
    assert [(each["outcome"], each["by"]) for each in result["confirmations"]] == [("confirmed", "text")]
    assert [task["title"] for task in await caller.tasks()] == ["Buy milk"]


@pytest.mark.dear
@pytest.mark.parametrize("email", ["economy@example.com", "premium@example.com"])
async def test_a_typed_yes_a_key_and_a_click_each_release_all_that_was_asked_in_one_question(
    demo: Any, person: Callable[..., Any], scripted: Callable[..., None], email: str
) -> None:
    caller = person(demo, email)
    ids = await caller.start_with("Dentist", "Buy milk", "Wash the car", "Call Ann", "Feed the cat")
    scripted(
        calls(("delete_task", {"task_id": ids["Dentist"]}), ("complete_task", {"task_id": ids["Buy milk"]})),
        calls(("delete_task", {"task_id": ids["Wash the car"]})),
        calls(("delete_task", {"task_id": ids["Call Ann"]})),
    )
    result = caller.call(
        *("--type", "Delete the dentist and finish the milk.", "--type", "yes"),
        *("--type", "Delete the car task.", "--click", "yes"),
        *("--type", "Delete Ann's task.", "--key", "1"),
        "--hang-up",
    )
    left = sorted((task["title"], task["status"]) for task in await caller.tasks())
    assert left == [("Buy milk", "done"), ("Feed the cat", "open")]
    answers = [(each["outcome"], each["by"]) for each in result["confirmations"]]
    assert answers == [("confirmed", "text"), ("confirmed", "click"), ("confirmed", "key")]
    questions = [each["question"] for each in result["confirmations"]]
    for titles, question in zip(
        (("Dentist", "Buy milk"), ("Wash the car",), ("Call Ann",)), questions, strict=True
    ):
        assert all(title in question for title in titles), question


@pytest.mark.dear
async def test_arguments_that_are_cut_off_or_wrong_never_run(
    demo: Any, person: Callable[..., Any], scripted: Callable[..., None]
) -> None:
    caller = person(demo)
    await caller.start_with("Dentist")
    wrong = ('{"task_id": "', '{"confirm": tr', "", "[1,2]", "not json", "{}")
    replies = ((calls(("delete_task", arguments)), says("Which task do you mean?")) for arguments in wrong)
    scripted(*(reply for pair in replies for reply in pair))
    result = caller.call(*("--type", "Delete it.") * len(wrong), "--hang-up")
    assert result["confirmations"] == []
    assert [task["title"] for task in await caller.tasks()] == ["Dentist"]
    assert len(result["turns"]) == len(wrong)
    for turn in result["turns"]:
        assert "which task" in turn["heard"].lower()
        assert "error" not in turn["heard"].lower()


@pytest.mark.dear
async def test_a_lie_a_tool_that_is_not_there_and_a_strangers_task_are_answered_and_change_nothing(
    demo: Any, person: Callable[..., Any], scripted: Callable[..., None]
) -> None:
    other = person(demo, "premium@example.com")
    theirs = await other.start_with("A private matter")
    caller = person(demo)
    ids = await caller.start_with("Dentist")
    scripted(
        says("Done, both are updated."),
        *(calls(("no_such_tool", {})), says("I can't do that.")),
        *(calls(("delete_task", {"task_id": theirs["A private matter"]})), says("I can't find that one.")),
    )
    result = caller.call(
        *("--type", "Delete the dentist one and add buy stamps for Friday."),
        *("--type", "Do something odd."),
        *("--type", "Delete it.", "--type", "yes", "--hang-up"),
    )
    lie, no_tool, *_ = result["turns"]
    assert "updated" not in lie["heard"]
    assert NOTHING_DONE.split(".")[0] in lie["heard"]
    assert no_tool["heard"], "met by silence"
    assert result["confirmations"] == []
    assert "private" not in json.dumps(result["turns"]).lower()
    assert [task["title"] for task in await other.tasks()] == ["A private matter"]
    assert {task["id"] for task in await caller.tasks()} == set(ids.values())
