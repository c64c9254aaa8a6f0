"""What an ear made of commands, and what the brain makes of that."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.brain import mishearing
from sandbox.brain.transcript import Task

pytestmark = pytest.mark.unit

Make = Callable[..., Any]
SLIPS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "misheard.yaml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("slip", SLIPS, ids=[slip["heard"] for slip in SLIPS])
def test_a_slip_of_the_ear_does_what_was_meant_or_asks(caller_with: Make, slip: dict[str, Any]) -> None:
    caller = caller_with(*slip["tasks"])
    tools = caller.tools
    if "undone" in slip:
        tools.call("complete_task", {"task_id": "id1"})
        tools.ran.clear()
    answer = caller.say(slip["heard"])
    titles = {number: task["title"] for number, task in tools.tasks.items()}
    ran = [(name, arguments) for name, arguments in tools.ran if name != "list_tasks"]
    if "done" in slip:
        assert [name for name, _ in ran] == ["complete_task"]
        assert titles[ran[0][1]["task_id"]] == slip["done"]
    elif "deleted" in slip:
        assert [name for name, _ in ran] == ["delete_task"]
        assert slip["deleted"] not in titles.values()
    elif "moved" in slip:
        assert [name for name, _ in ran] == ["update_task"]
        assert [titles[ran[0][1]["task_id"]], ran[0][1]["due_words"]] == slip["moved"]
    elif "renamed" in slip:
        assert [name for name, _ in ran] == ["update_task"]
        assert [slip["tasks"][int(ran[0][1]["task_id"][2:]) - 1], ran[0][1]["title"]] == slip["renamed"]
    elif "made" in slip:
        assert [(name, arguments["title"]) for name, arguments in ran] == [("create_task", slip["made"])]
    elif "undone" in slip:
        assert [name for name, _ in ran] == ["undo"]
    else:
        assert ran == []
        assert all(title in answer for title in slip.get("asked", []))


def test_a_guess_that_was_asked_about_goes_on_with_a_yes(caller_with: Make) -> None:
    caller = caller_with("Call the bank", "Buy bread")
    assert caller.say("Postpone call the band to tomorrow.") == 'Do you mean "Call the bank"?'
    caller.say("Yes, please.")
    assert caller.tools.ran[-1][0] == "update_task"
    assert caller.tools.tasks["id1"]["due_spoken"] == "tomorrow"


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("What is through this week?", ("list", "week")),
        ("Please, red might ask to me.", ("list", "all")),
        ("Tell me all my open casks.", ("list", "all")),
        ("and do that", ("undo", None)),
        ("what is the weather", None),
        ("I'm doing that", None),
        ("thank you very much indeed", None),
    ],
)
def test_a_command_without_a_task_is_known_by_its_sound(
    heard: str, meant: tuple[str, str | None] | None
) -> None:
    assert mishearing.command(heard) == meant


def test_small_talk_is_no_reason_to_look_at_the_list() -> None:
    assert not mishearing.could_be_about_a_task("Blue elephants sing quietly")


def test_two_titles_that_sound_alike_are_both_offered() -> None:
    tasks = [
        Task(str(number), title, None, None, "open", "")
        for number, title in enumerate(("Walk the dog", "Wash the dog"))
    ]
    guess = mishearing.about_a_task("Delete the taskcock the dog", tasks, ("delete",))
    assert guess is not None
    assert guess.task is None
    assert set(guess.candidates) == set(tasks)
