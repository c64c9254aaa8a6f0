"""What is told of a call: the fate of its tasks, and how fast it was answered. No words."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest

from agent.gate import Action
from agent.task_events import task_event
from mcp_tasks.client import TaskServerUnavailable, ToolOutcome
from routing.outcomes import Outcomes
from tests.agent.live_call import live_call
from tests.agent.rig import Rig, rig, task_server

pytestmark = pytest.mark.system


class Heard:
    """What outcomes are told."""

    def __init__(self) -> None:
        self.tasks: list[tuple[str, str, int]] = []
        self.tools: list[dict[str, object]] = []
        self.answers: list[int] = []

    @property
    def happenings(self) -> Heard:
        return self

    def tell(self, what: str, **told: object) -> None:
        assert what == "tool"
        self.tools.append(told)

    def task(self, event: str, task_id: str, *, turn: int) -> None:
        self.tasks.append((event, task_id, turn))

    def answered(self, milliseconds: int) -> None:
        self.answers.append(milliseconds)

    @property
    def events(self) -> list[str]:
        return [event for event, _, _ in self.tasks]


async def test_what_an_owner_does_to_a_task_is_told_by_its_id(tmp_path: Path) -> None:
    heard = Heard()
    async with task_server(tmp_path) as port, rig(port, "ann", outcomes=cast("Outcomes", heard)) as ann:
        made = await ann.model_calls("create_task", {"title": "Buy milk"})
        task_id = made["task"]["id"]
        ann.turn += 1
        await ann.model_calls("update_task", {"task_id": task_id, "title": "Buy oat milk"})
        await ann.toolbox.run("delete_task", {"task_id": task_id}, turn=3)
        ann.turn = 4
        await ann.model_calls("create_task", {"title": "Call Ann"})
        ann.turn = 5
        await ann.model_calls("undo", {})
        assert [(event, turn) for event, _, turn in heard.tasks] == [
            ("created", 1),
            ("corrected", 2),
            ("deleted", 3),
            ("created", 4),
            ("undone", 5),
        ]
        assert [each for _, each, _ in heard.tasks[:3]] == [task_id] * 3
        assert heard.tasks[3][1] == heard.tasks[4][1] != task_id
        assert [(each["tool"], each["turn"], each["outcome"]) for each in heard.tools[:2]] == [
            ("create_task", 1, "ok"),
            ("update_task", 2, "ok"),
        ]
        assert "milk" not in str([heard.tasks, heard.tools]).lower()


async def test_what_was_not_made_is_told_and_what_changes_nothing_is_not(tmp_path: Path) -> None:
    heard = Heard()
    async with task_server(tmp_path) as port, rig(port, "ann", outcomes=cast("Outcomes", heard)) as ann:
        await ann.model_calls("create_task", {"title": "x" * 20_000})
        assert heard.events == ["refused"]
        await ann.model_calls("create_task", {"title": "Buy milk"})
        await ann.model_calls("create_task", {"title": "Buy milk"})  # the same request once more
        await ann.model_calls("list_tasks", {})
        assert heard.events == ["refused", "created"]
        await complete(ann)
        ann.turn += 1
        await ann.model_calls("undo", {})  # of the completion: the task stays
        assert heard.events == ["refused", "created"]


async def test_a_date_that_is_asked_about_is_told_as_a_question(tmp_path: Path) -> None:
    heard = Heard()
    async with task_server(tmp_path) as port, rig(port, "ann", outcomes=cast("Outcomes", heard)) as ann:
        asked = await ann.model_calls("create_task", {"title": "Buy milk", "due_words": "next Friday"})
        assert asked["error"]["code"] == "bad_date"
        ann.turn += 1
        await ann.model_calls("create_task", {"title": "Buy milk", "due_words": "December 4th"})
    assert [(event, turn) for event, _, turn in heard.tasks] == [("unclear", 1), ("created", 2)]


async def complete(ann: Rig) -> None:
    [task] = (await ann.client.call("list_tasks", {})).structured["tasks"]
    action = Action("complete_task", {"task_id": task["id"]}, (task["title"],), "")
    await ann.toolbox.run(action.tool, action.arguments, turn=ann.turn)


async def test_a_task_whose_answer_was_lost_counts_once_and_in_the_turn_in_which_it_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Heard()
    async with task_server(tmp_path) as port, rig(port, "ann", outcomes=cast("Outcomes", heard)) as ann:
        server = ann.toolbox._tasks
        call = server.call

        async def lost(*asked: Any, **more: Any) -> ToolOutcome:
            await call(*asked, **more)
            raise TaskServerUnavailable("gone", may_have_happened=True)

        for _ in range(2):
            monkeypatch.setattr(server, "call", lost)
            await ann.model_calls("create_task", {"title": "Buy milk"})
            monkeypatch.setattr(server, "call", call)
            ann.turn += 1
        made = await ann.model_calls("create_task", {"title": "Buy milk"})
        assert made["task"]["title"] == "Buy milk"
        await ann.model_calls("create_task", {"title": "Buy milk"})
        assert [(event, turn) for event, _, turn in heard.tasks] == [
            ("refused", 1),
            ("refused", 1),
            ("created", 1),
        ]
        assert await ann.titles() == ["Buy milk"]


async def test_a_deletion_that_its_owner_takes_back_is_told(tmp_path: Path) -> None:
    heard = Heard()
    async with task_server(tmp_path) as port, rig(port, "ann", outcomes=cast("Outcomes", heard)) as ann:
        made = await ann.model_calls("create_task", {"title": "Buy milk"})
        await ann.toolbox.run("delete_task", {"task_id": made["task"]["id"]}, turn=2)
        ann.turn = 3
        await ann.model_calls("undo", {})
    assert heard.events == ["created", "deleted", "restored"]
    assert {task_id for _, task_id, _ in heard.tasks} == {made["task"]["id"]}


def test_a_repeated_answer_tells_that_a_task_was_made() -> None:
    outcome = ToolOutcome({"task": {"id": "t1"}, "repeated": True}, is_error=False, code=None, text="")
    assert task_event("create_task", outcome) == ("created", "t1")
    assert task_event("undo", outcome) is None


def test_an_update_that_changed_nothing_is_no_correction() -> None:
    def outcome(**answer: Any) -> ToolOutcome:
        return ToolOutcome(answer, is_error=False, code=None, text="")

    task = {"id": "t1"}
    assert task_event("update_task", outcome(task=task, changed=False)) is None
    assert task_event("update_task", outcome(task=task, changed=True)) == ("corrected", "t1")
    assert task_event("update_task", outcome(task=task, changed=True, repeated=True)) is None
    assert task_event("some_other_tool", outcome(task=task)) is None
    assert task_event("create_task", outcome()) is None


@pytest.mark.parametrize("plan", ["premium", "economy"])
async def test_every_spoken_answer_is_timed_in_either_tier(port: int, plan: str) -> None:
    heard = Heard()
    async with live_call(port, f"ann-{uuid4().hex}", plan=plan) as live:
        live.call._outcomes = live.call._toolbox._outcomes = cast("Outcomes", heard)
        await live.turn("Add a task to buy oat milk")
        await live.turn("What is on my list?")
    assert heard.events == ["created"]
    assert len(heard.answers) >= 2
    assert all(0 < each < 20_000 for each in heard.answers)
