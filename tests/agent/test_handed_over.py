"""A call that another worker goes on with takes along what was done in its last turn, and leaves no turn half heard."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from livekit.agents import llm

from mcp_tasks.client import ToolOutcome
from tests.agent.live_call import LiveCall, live_call

pytestmark = pytest.mark.system


@pytest.mark.parametrize("plan", ["premium", "economy"])
async def test_what_a_tool_did_in_a_turn_without_an_answer_is_known_to_the_next_worker(
    port: int, plan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan=plan) as live:
        server = live.call._toolbox._tasks
        quick, done, goes_on = server.call, asyncio.Event(), asyncio.Event()

        async def slow_answer(name: str, *arguments: Any, **named: Any) -> ToolOutcome:
            outcome = await quick(name, *arguments, **named)
            done.set()
            await goes_on.wait()
            return outcome

        monkeypatch.setattr(server, "call", slow_answer)
        await live.say("Add a task to buy oat milk")
        async with asyncio.timeout(20):
            await done.wait()
        thread = live.call.thread
        assert thread.history is not None
        assert not _outputs(thread.history), "the history knows nothing of it yet"
        handing_over = asyncio.create_task(live.call.handed_over())
        await asyncio.sleep(0)
        goes_on.set()
        handed = await handing_over
        assert handed.history is not None
        assert "oat milk" in _outputs(handed.history)[-1]
        assert [each.turn for each in handed.requests] == [handed.turn], "nor is it done again"
        assert handed.turn == thread.turn


def _outputs(history: llm.ChatContext) -> list[str]:
    return [item.output for item in history.items if isinstance(item, llm.FunctionCallOutput)]


@pytest.mark.parametrize("plan", ["premium", "economy"])
async def test_a_worker_does_not_leave_between_the_callers_last_word_and_its_answer(
    port: int, plan: str
) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan=plan) as live:
        ended = _ended(live)
        before = len(live.items)
        await live.say("Add a task to buy oat milk")
        session = live.serving.session
        await live.until(
            lambda: session.session.user_state != "speaking" and session.is_quiet, 5, "nobody is heard"
        )
        live.call.leave()
        assert await ended == "leaving"
        assert "oat milk" in live.ours(before)


def _ended(live: LiveCall) -> asyncio.Task[str]:
    assert live.ended is not None
    return live.ended
