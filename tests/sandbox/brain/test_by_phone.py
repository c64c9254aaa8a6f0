"""«Remind me by phone» is asked of the tool where it offers that, and titles that sound alike stay titles."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox import brain
from sandbox.brain.by_phone import wants_call, without

pytestmark = pytest.mark.unit


def called(text: str, *, offered: bool) -> dict[str, Any]:
    properties = {"by_phone": {"type": "boolean"}} if offered else {}
    tools = [{"name": "create_task", "parameters": {"type": "object", "properties": properties}}]
    (call,) = brain.reply([{"role": "user", "content": text}], tools=tools).calls
    return dict(call.arguments)


@pytest.mark.parametrize(
    "text",
    [
        "Remind me by phone tomorrow at nine to water the tomatoes.",
        "Remind me tomorrow at nine to water the tomatoes, and call me.",
        "Remind me to water the tomatoes tomorrow at nine and please call me about it.",
    ],
)
def test_the_wish_is_an_argument_and_no_part_of_the_title(text: str) -> None:
    asked = called(text, offered=True)
    assert (asked["title"], asked["due_words"], asked["by_phone"]) == (
        "water the tomatoes",
        "tomorrow at nine",
        True,
    )
    assert "by_phone" not in called(text, offered=False)


@pytest.mark.parametrize(
    "text", ["Remind me to order by phone.", "Remind me to call mum.", "Add a task to call me a taxi."]
)
def test_titles_about_telephones_are_titles(text: str) -> None:
    assert not wants_call(text)
    assert without(text) == text


@pytest.mark.parametrize(
    ("answer", "due_words"),
    [
        ("At eight.", "tomorrow evening At eight"),
        ("Eight", "tomorrow evening at Eight"),
        ("Friday at six", "Friday at six"),
    ],
)
def test_the_answer_at_what_time_keeps_the_wish_and_the_day(answer: str, due_words: str) -> None:
    wish = "Remind me by phone tomorrow evening to water the tomatoes."
    tools = [{"name": "create_task", "parameters": {"type": "object", "properties": {"by_phone": {}}}}]
    (first,) = brain.reply([{"role": "user", "content": wish}], tools=tools).calls
    function = {"name": "create_task", "arguments": json.dumps(dict(first.arguments))}
    refused = {"error": {"code": "bad_date", "message": "At what time shall I call?", "candidates": []}}
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": wish},
        {"role": "assistant", "tool_calls": [{"id": "1", "function": function}]},
        {"role": "tool", "tool_call_id": "1", "content": json.dumps(refused)},
    ]
    asked = brain.reply(messages, tools=tools).text
    assert asked == "At what time shall I call?"
    messages += [{"role": "assistant", "content": asked}, {"role": "user", "content": answer}]
    (call,) = brain.reply(messages, tools=tools).calls
    assert (call.arguments["due_words"], call.arguments["by_phone"]) == (due_words, True)
    messages[-1] = {"role": "user", "content": "Add a task to buy milk."}
    (another,) = brain.reply(messages, tools=tools).calls
    assert (another.arguments["title"], "by_phone" in another.arguments) == ("buy milk", False)


def test_who_hears_a_task_read_back_hears_when_they_are_called_where_that_is_later() -> None:
    said = "Remind me by phone tomorrow at six to leave for the airport."
    function = {"name": "create_task", "arguments": json.dumps({"title": "leave for the airport"})}
    made = {
        "id": "t1",
        "title": "leave for the airport",
        "due_spoken": "tomorrow at 6 AM",
        "calls_at_spoken": "tomorrow at 8 AM, after quiet hours",
    }
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": said},
        {"role": "assistant", "tool_calls": [{"id": "1", "function": function}]},
        {"role": "tool", "tool_call_id": "1", "content": json.dumps({"task": made, "changed": True})},
    ]
    told = brain.reply(messages, tools=[]).text
    assert "due tomorrow at 6 AM, with a call tomorrow at 8 AM, after quiet hours." in told
