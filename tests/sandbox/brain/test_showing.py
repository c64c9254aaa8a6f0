"""What the brain does of a look at the caller's screen: it adds what is meant, asks where that is not clear, and makes nothing up."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox import brain

pytestmark = pytest.mark.unit

TOOLS = [
    {"name": name, "parameters": {"type": "object"}} for name in ("read_screen", "create_task", "list_tasks")
]
LOGIN = {"title": "Fix the login", "due_words": "December 11, 2026"}
CALL = {"title": "Call the printer", "due_words": "December 7, 2026"}


class Talk:
    """A conversation in OpenAI's messages, with what each tool answers."""

    def __init__(self, **answers: Any) -> None:
        self.messages: list[dict[str, Any]] = []
        self.called: list[tuple[str, dict[str, Any]]] = []
        self._answers = answers

    def say(self, text: str, tools: list[dict[str, Any]] = TOOLS) -> str:
        self.messages.append({"role": "user", "content": text})
        for _ in range(6):
            reply = brain.reply(self.messages, tools=tools)
            if not reply.calls:
                self.messages.append({"role": "assistant", "content": reply.text})
                return reply.text or ""
            self._run(reply)
            if self.messages[-1]["content"].startswith('{"status": "waiting'):
                return ""  # the call itself asks
        raise AssertionError("it calls for ever")

    def _run(self, reply: Any) -> None:
        calls = []
        for number, call in enumerate(reply.calls):
            arguments = dict(call.arguments)
            self.called.append((call.name, arguments))
            name = f"c{len(self.messages)}{number}"
            calls.append({"id": name, "function": {"name": call.name, "arguments": json.dumps(arguments)}})
        self.messages.append({"role": "assistant", "content": "", "tool_calls": calls})
        for call in calls:
            answer = self._answers[call["function"]["name"]]
            self.messages.append({"role": "tool", "tool_call_id": call["id"], "content": json.dumps(answer)})

    @property
    def created(self) -> list[dict[str, Any]]:
        return [arguments for name, arguments in self.called if name == "create_task"]


HELD = {"status": "waiting_for_confirmation", "question": "Shall I add it?"}


def seen(*items: dict[str, Any], status: str = "seen") -> dict[str, Any]:
    return {"status": status, "items": list(items)}


def test_what_is_seen_is_added_with_its_own_date_and_no_more_than_title_and_date() -> None:
    talk = Talk(
        read_screen=seen({**LOGIN, "people": ["Priya"], "link": "https://x.example/1"}), create_task=HELD
    )
    talk.say("Add this to my tasks")
    assert talk.called[0] == ("read_screen", {"about": "Add this to my tasks"})
    assert talk.created == [{"title": "Fix the login", "due_words": "December 11, 2026"}]


def test_the_callers_own_date_comes_first() -> None:
    talk = Talk(read_screen=seen(LOGIN), create_task=HELD)
    talk.say("Remind me about this on Monday")
    assert talk.created == [{"title": "Fix the login", "due_words": "on Monday"}]


@pytest.mark.parametrize("answer", ["The second one.", "the printer one", "December 7th"])
def test_of_several_it_asks_which_and_adds_the_one_that_is_said(answer: str) -> None:
    talk = Talk(read_screen=seen(LOGIN, CALL, status="several"), create_task=HELD)
    asked = talk.say("Add this to my tasks")
    assert "Fix the login" in asked
    assert "Call the printer" in asked
    assert talk.created == []
    talk.say(answer)
    assert talk.created == [{"title": "Call the printer", "due_words": "December 7, 2026"}]


def test_a_date_that_cannot_be_read_is_asked_for() -> None:
    talk = Talk(read_screen=seen({"title": "Fix the login", "date_unclear": True}), create_task=HELD)
    assert "can't read the date" in talk.say("Add this to my tasks")
    talk.say("On Friday.")
    assert [call["title"] for call in talk.created] == ["Fix the login"]
    assert "riday" in talk.created[0]["due_words"]


@pytest.mark.parametrize("status", ["no_screen", "cannot_see", "spent", "nothing", "unreadable"])
def test_where_nothing_is_seen_it_says_so_and_takes_the_callers_words(status: str) -> None:
    made = {"task": {"id": "t1", "title": "buy stamps"}}
    talk = Talk(read_screen={"status": status, "items": []}, create_task=made)
    said = talk.say("Add this to my tasks")
    assert said.endswith("?")
    assert talk.created == []
    talk.say("Buy stamps")
    assert [call["title"].lower() for call in talk.created] == ["buy stamps"]


def test_a_correction_of_the_date_is_asked_about_again() -> None:
    talk = Talk(read_screen=seen(LOGIN), create_task=HELD)
    talk.say("Add this to my tasks")
    talk.say("No, on Thursday.")
    assert talk.created[-1] == {"title": "Fix the login", "due_words": "on Thursday"}


def test_a_question_about_the_screen_adds_nothing() -> None:
    talk = Talk(read_screen=seen(LOGIN), create_task=HELD)
    assert "Fix the login" in talk.say("What's on my screen?")
    assert talk.created == []


def test_without_the_tool_it_asks_what_to_add() -> None:
    talk = Talk()
    tools = [tool for tool in TOOLS if tool["name"] != "read_screen"]
    assert talk.say("Add this to my tasks", tools) == "What should the task be?"
