"""A server did what it was asked and answers what does not fit the protocol: nobody knows what became of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from livekit.agents import llm

from agent.persona import UNSURE
from agent.tool_server import ToolServer
from agent.tools import Toolbox
from mcp_tasks.client import TaskClient, TaskServerUnavailable
from tests.agent.rig import PATIENCE, Mailer, Rig, named, serving, token

pytestmark = pytest.mark.system

MAIL = {"to": ["anna@example.com"], "subject": "Hello"}
WHAT_BECAME_OF_IT = UNSURE.format(what="your mailer")


class Garbling:
    """Passes requests on; the answers of tools come back with a number where their content belongs."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request."""

        async def garbled(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [each for each in message["headers"] if each[0] != b"content-length"]
            elif body := message.get("body"):
                answer = json.loads(body)
                if "content" in answer.get("result", {}):
                    answer["result"]["content"] = 7
                message["body"] = json.dumps(answer).encode()
            await send(message)

        await self._app(scope, receive, garbled if scope["type"] == "http" else send)


@pytest.fixture
async def mailer(ann: Rig) -> AsyncIterator[Mailer]:
    mailer = Mailer()
    async with (
        serving(Garbling(mailer.app)) as there,
        TaskClient(f"http://127.0.0.1:{there}/mcp", token("ann"), patience=PATIENCE) as client,
    ):
        ann.tools |= named(await ann.toolbox.add(ToolServer(client, name="mailer", title="your mailer")))
        yield mailer


async def test_it_is_told_that_nobody_knows_and_asked_for_again_it_is_not_sent_twice(
    ann: Rig, mailer: Mailer
) -> None:
    for turn in (1, 2):
        with pytest.raises(TaskServerUnavailable) as unknown:
            await ann.toolbox.run("mailer_send_mail", MAIL, turn=turn)
        assert ann.toolbox.unavailable("mailer_send_mail", unknown.value) == WHAT_BECAME_OF_IT
    assert mailer.sent == [MAIL]


async def test_whatever_else_breaks_in_a_change_the_next_worker_does_not_say_that_nothing_was_changed(
    ann: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any, **__: Any) -> Any:
        raise LookupError("a fault of ours")

    monkeypatch.setattr(ann.toolbox._tasks, "call", broken)
    assert await told_after(ann.toolbox, "create_task") == UNSURE.format(what="your task list")
    assert "Nothing was changed" in await told_after(ann.toolbox, "list_tasks")


async def told_after(toolbox: Toolbox, tool: str) -> str:
    """What a successor's model reads of a call that broke."""
    call = llm.FunctionCall(call_id=tool, name=tool, arguments="{}")
    with pytest.raises(LookupError):
        await toolbox.run(tool, {}, turn=1, call=call)
    output = toolbox.done()[-1]
    assert isinstance(output, llm.FunctionCallOutput)
    return str(json.loads(output.output)["error"]["message"])
