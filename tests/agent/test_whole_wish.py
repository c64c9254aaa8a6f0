"""A wish for several things is asked about as one and done whole, though its model calls one tool a reply."""

from __future__ import annotations

import json
from typing import cast
from uuid import uuid4

import pytest
from livekit.agents import FunctionToolsExecutedEvent, llm

from agent import whole_wish
from agent.gate import Action, Gate
from agent.tier_session import TierSession
from agent.whole_wish import MORE, WholeWish, is_of_several
from sandbox.scripts import ScriptedCall, ScriptedReply
from tests.agent.live_call import live_call
from tests.agent.test_unanswered import MINDS
from tests.agent.together import together

TITLES = ("buy oat milk", "call the bank", "water the plants")
SEVERAL = "Complete buy oat milk, call the bank and water the plants"


@pytest.mark.unit
@pytest.mark.parametrize(
    ("said", "titles", "several"),
    [
        (SEVERAL, ["buy oat milk"], True),
        ("Delete all my tasks", ["buy oat milk"], True),
        ("Delete the milk and add buy stamps", ["buy oat milk"], True),
        ("Delete these two", ["buy oat milk"], True),
        ("Delete the milk, please", ["buy oat milk"], False),
        ("Delete buy milk and eggs", ["Buy milk and eggs"], False),
        ("Delete buy milk and eggs and the dentist", ["Buy milk and eggs"], True),
        ("Finish the handbook", ["finish the handbook"], False),
        ("", ["buy oat milk"], False),
    ],
)
def test_whether_more_is_wanted_is_read_from_the_callers_words(
    said: str, titles: list[str], *, several: bool
) -> None:
    assert is_of_several(said, titles) is several


def executed(*names: str, reply: bool = False) -> FunctionToolsExecutedEvent:
    """A reply's tools, all of which are held."""
    waiting = json.dumps({"status": "waiting_for_confirmation"})
    return FunctionToolsExecutedEvent(
        function_calls=[llm.FunctionCall(call_id=name, name=name, arguments="{}") for name in names],
        function_call_outputs=[
            llm.FunctionCallOutput(
                call_id=name, name=name, output=waiting, is_error=False, reply_required=reply
            )
            for name in names
        ],
    )


def complete(title: str) -> Action:
    return Action("complete_task", {"task_id": title}, (title,))


@pytest.mark.unit
def test_a_model_that_calls_for_one_of_several_is_asked_for_the_others_until_it_has_no_more() -> None:
    gate = Gate()
    wish = WholeWish(gate)
    for title, goes_on in (("a", True), ("b", True), ("b", False)):
        gate.ask(complete(title), turn=1)
        event = executed("complete_task")
        wish.hear(event, "Complete a and b")
        assert event.has_tool_reply is goes_on
        assert (MORE in event.function_call_outputs[0].output) is goes_on


@pytest.mark.unit
@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["complete_task"], "Complete a"),
        (["complete_task"], ""),
        (["complete_task", "complete_task"], "Complete a and b"),
        (["list_tasks"], "Complete a and b"),
    ],
)
def test_nobody_waits_for_a_model_where_nothing_shows_that_it_has_more(names: list[str], said: str) -> None:
    gate = Gate()
    gate.ask(complete("a"), turn=1)
    event = executed(*names)
    WholeWish(gate).hear(event, said)
    assert not event.has_tool_reply


class Resting:
    """A session that is looked at: at rest or not, look by look, and the last for good."""

    def __init__(self, looks: str) -> None:
        self.left = list(looks)

    @property
    def is_at_rest(self) -> bool:
        return (self.left.pop(0) if len(self.left) > 1 else self.left[0]) == "."


@pytest.mark.unit
@pytest.mark.parametrize(
    ("looks", "before_the_end"),
    [("." * 8 + "x" * 3 + ".", 11), ("xx.", 2), (".", 0)],
    ids=["its vendor is slow to begin", "it thinks already", "it has nothing more to say"],
)
async def test_a_question_waits_for_a_model_that_begins_late(
    looks: str, before_the_end: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_wish, "LOOK_SECONDS", 0.001)
    wish, session = WholeWish(Gate()), Resting(looks)
    wish.waits = True
    await wish.is_whole(cast("TierSession", session))
    assert len(looks) - len(session.left) >= before_the_end


@pytest.mark.system
@together(["economy", "premium"])
async def test_what_is_called_one_a_reply_is_one_question_and_all_of_it_is_done(port: int, plan: str) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan=plan) as live:
        made = [await live.client.call("create_task", {"title": title}) for title in TITLES]
        ids = [each.structured["task"]["id"] for each in made]
        calls = [ScriptedCall(name="complete_task", arguments=json.dumps({"task_id": each})) for each in ids]
        live.desk.scripts.add([ScriptedReply(tool_calls=[call]) for call in calls])
        live.desk.scripts.add([ScriptedReply(content="")])
        live.desk.faults.set(MINDS[plan], "slow", delay=0.5)
        asked = await live.turn(SEVERAL)
        assert asked.count("Shall I") == 1
        assert all(title in asked for title in TITLES)
        live.desk.faults.clear()
        said = await live.turn("Yes, please")
        assert all(title in said for title in TITLES)
        found = await live.client.call("list_tasks", {"view": "done"})
        assert sorted(task["title"] for task in found.structured["tasks"]) == sorted(TITLES)


@pytest.mark.system
@together(["economy", "premium"])
async def test_a_wish_for_one_thing_is_asked_about_at_once(port: int, plan: str) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan=plan) as live:
        made = await live.client.call("create_task", {"title": TITLES[0]})
        call = ScriptedCall(
            name="complete_task", arguments=json.dumps({"task_id": made.structured["task"]["id"]})
        )
        live.desk.scripts.add(
            [ScriptedReply(tool_calls=[call]), ScriptedReply(content="Nobody asks for this.")]
        )
        assert await live.turn("Complete buy oat milk") == 'Shall I mark "buy oat milk" as done?'
        assert len(live.desk.scripts) == 1
