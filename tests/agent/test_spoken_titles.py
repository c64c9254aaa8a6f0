"""Whoever speaks by itself is told how titles are said."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from agent.tool_server import ToolServer
from mcp_tasks.client import ToolOutcome
from tests.agent.live_call import live_call

WRITTEN = "**Buy milk** 🥛 https://ex.com/a?b=1&c=2"


def told(answer: dict[str, Any]) -> Any:
    """What a model reads of an answer of the task server's."""
    server: Any = ToolServer.__new__(ToolServer)
    server.name = ""
    outcome = ToolOutcome(answer, is_error=False, code=None, text=json.dumps(answer))
    return json.loads(server.for_model("list_tasks", outcome))


@pytest.mark.unit
def test_a_title_that_is_said_otherwise_is_told_both_ways() -> None:
    seen = told({"tasks": [{"id": "1", "title": WRITTEN}, {"id": "2", "title": "Pay rent"}], "total": 2})
    assert seen["tasks"] == [
        {"id": "1", "title": WRITTEN, "title_spoken": "Buy milk a link"},
        {"id": "2", "title": "Pay rent"},
    ]


@pytest.mark.unit
@pytest.mark.parametrize("name", ["task", "next"])
def test_so_is_the_one_that_was_changed_and_the_one_that_comes_next(name: str) -> None:
    assert told({name: {"id": "1", "title": "R&D"}})[name]["title_spoken"] == "R and D"
    assert told({name: None})[name] is None


@pytest.mark.unit
def test_sentences_of_the_task_servers_name_titles_as_they_are_said() -> None:
    seen = told({"tasks": [], "question": 'Do you mean "**Buy milk**"?', "summary": 'First "call @mum".'})
    assert (seen["question"], seen["summary"]) == ('Do you mean "Buy milk"?', 'First "call mum".')


@pytest.mark.system
async def test_speech_to_speech_reads_no_marks_and_finds_the_task_by_its_words(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}") as live:
        await live.client.call("create_task", {"title": WRITTEN}, operation_id=None)
        said = await live.turn("What is on my list?")
        assert live.stack == "premium"
        assert '"Buy milk a link"' in said
        asked = await live.turn("Delete the milk task")
        assert 'Shall I delete "Buy milk a link"?' in asked
        await live.turn("Yes")
        assert await live.titles() == []
