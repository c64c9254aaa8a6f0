"""The storyteller hears a call and tells what happened, and not a word of what was said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from livekit.agents import llm

from agent.gate import Action, Gate
from agent.storyteller import Storyteller
from routing.happenings import Happenings

pytestmark = pytest.mark.unit


class Served:
    """Whatever serves: it is listened to, and the test makes it speak."""

    def __init__(self) -> None:
        self._callbacks: dict[str, Any] = {}

    def on(self, event: str, callback: Any) -> None:
        self._callbacks[event] = callback

    def say(self, event: str, **fields: Any) -> None:
        self._callbacks[event](SimpleNamespace(**fields))


@pytest.fixture
def heard() -> list[dict[str, Any]]:
    return []


@pytest.fixture
async def call(heard: list[dict[str, Any]]) -> tuple[Storyteller, Served, Happenings]:
    def write(bunch: Mapping[str, Any]) -> None:
        heard.extend(bunch["events"])

    happenings = Happenings(write, lambda: 10_000)
    teller, served = Storyteller(happenings, lambda: 1), Served()
    teller.listen(served)
    return teller, served, happenings


async def test_who_spoke_is_told_when_they_stop(
    call: tuple[Storyteller, Served, Happenings], heard: list[dict[str, Any]]
) -> None:
    _, served, happenings = call
    served.say("user_state_changed", new_state="speaking")
    served.say("agent_state_changed", new_state="thinking")
    served.say("user_state_changed", new_state="listening")
    served.say("agent_state_changed", new_state="speaking")
    served.say("agent_state_changed", new_state="listening")
    happenings.flush()
    assert [(each["what"], each["who"]) for each in heard] == [("spoke", "caller"), ("spoke", "assistant")]
    assert all(each["at"] == 10_000 - each["ms"] for each in heard)


async def test_an_answer_has_the_times_of_its_question_and_its_own(
    call: tuple[Storyteller, Served, Happenings], heard: list[dict[str, Any]]
) -> None:
    teller, served, happenings = call
    teller.turn_began(1, "voice")
    asked = llm.ChatMessage(role="user", content=["Buy pineapple"])
    asked.metrics = {"transcription_delay": 0.2, "end_of_turn_delay": 0.5}
    answered = llm.ChatMessage(role="assistant", content=["Pineapple it is"], interrupted=True)
    answered.metrics = {"e2e_latency": 0.9, "llm_node_ttft": 0.25, "tts_node_ttfb": 0.1}
    for item in (asked, answered, llm.FunctionCall(call_id="c", name="t", arguments="{}")):
        served.say("conversation_item_added", item=item)
    happenings.flush()
    turn, answer = heard
    assert (turn["what"], turn["turn"], turn["by"]) == ("turn", 1, "voice")
    assert (answer["ms"], answer["interrupted"], answer["turn"]) == (900, True, 1)
    assert answer["parts"] == {"hearing": 200, "end_of_turn": 500, "model": 250, "voice": 100}
    assert "ineapple" not in json.dumps(heard)


async def test_a_question_is_told_by_its_tools_and_its_end(
    call: tuple[Storyteller, Served, Happenings], heard: list[dict[str, Any]]
) -> None:
    teller, _, happenings = call
    gate = Gate()
    gate.on_close(teller.question_closed)
    pending = gate.ask(Action("delete_task", {"task_id": "t1"}, ("Buy pineapple",)), turn=1)
    gate.played(pending.id)
    gate.press("yes", by="key")
    happenings.flush()
    (told,) = heard
    assert (told["what"], told["tools"], told["objects"]) == ("confirmation", ["delete_task"], 1)
    assert (told["outcome"], told["by"], told["heard"]) == ("confirmed", "key", True)
    assert "ineapple" not in json.dumps(heard)


def test_without_a_journal_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def note(_happenings: Happenings, what: str, **_more: Any) -> None:
        told.append(what)

    monkeypatch.setattr(Happenings, "tell", note)

    def told_of_a_call(happenings: Happenings | None) -> list[str]:
        told.clear()
        teller, served = Storyteller(happenings, lambda: 1), Served()
        teller.listen(served)
        teller.turn_began(1, "voice")
        served.say("user_state_changed", new_state="speaking")
        served.say("user_state_changed", new_state="listening")
        served.say("conversation_item_added", item=llm.ChatMessage(role="assistant", content=["Yes"]))
        teller.tell("away")
        return list(told)

    assert told_of_a_call(Happenings(lambda _: None, lambda: 0)) == ["turn", "spoke", "answered", "away"]
    assert told_of_a_call(None) == []
