"""A call that another worker goes on with takes along what was done in its last turn, and leaves no turn half heard."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest
from livekit.agents import llm

from agent import handing_on, persona
from agent.closing import FINISH_TOOLS_SECONDS
from agent.thread import Thread
from mcp_tasks.client import ToolOutcome
from tests.agent.live_call import LiveCall, live_call
from tests.agent.rig import Context, named

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


async def test_a_call_that_was_handed_over_hears_no_more_and_waits_for_a_tool_no_second_time(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handing_on, "HANDED_OVER_SECONDS", 0.2)
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy") as live:
        server, asked, never = live.call._toolbox._tasks, asyncio.Event(), asyncio.Event()

        async def hangs(*_: Any, **__: Any) -> ToolOutcome:
            asked.set()
            await never.wait()
            raise AssertionError

        monkeypatch.setattr(server, "call", hangs)
        await live.say("Add a task to buy oat milk")
        await asyncio.wait_for(asked.wait(), 20)
        handed = await live.call.handed_over()
        assert [each.turn for each in handed.requests] == [handed.turn], "it may have been done"
        assert handed.owes_answer, "and nobody has said how it went"
        await live.say("What is on my list?")
        with pytest.raises(AssertionError):
            await live.until(lambda: live.call.turn != handed.turn, 2, "it is heard all the same")
        began = asyncio.get_running_loop().time()
        await live.call.aclose()
        assert asyncio.get_running_loop().time() - began < FINISH_TOOLS_SECONDS
        for task in live.call._toolbox._running:
            task.cancel()


@pytest.mark.parametrize("plan", ["premium", "economy"])
async def test_an_answer_that_is_cut_off_by_the_handover_is_owed_by_the_next_worker(
    port: int, plan: str
) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan=plan) as live:
        for title in ("Buy oat milk", "Call the dentist", "Water the plants", "Pay the rent"):
            await live.client.call("create_task", {"title": title})
        await live.say("What's on my list?")
        await live.heard()
        handed = await live.call.handed_over()
        assert handed.history is not None
        assert handed.owes_answer
        ours = [item for item in handed.history.messages() if item.role == "assistant"]
        assert not any(item.interrupted for item in ours)


async def test_a_worker_that_has_not_begun_hands_over_what_it_was_handed(port: int) -> None:
    history = llm.ChatContext([llm.ChatMessage(role="user", content=["Add a task to buy oat milk"])])
    thread = Thread(7, history)
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy", greet=False, thread=thread) as live:
        await asyncio.sleep(0)
        assert live.call.turn == 7
        assert await live.call.handed_over() == thread


async def test_a_worker_that_goes_on_with_a_call_gives_the_answer_that_is_owed(port: int) -> None:
    history = llm.ChatContext([llm.ChatMessage(role="user", content=["Add a task to buy oat milk"])])
    thread = Thread(7, history)
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy", thread=thread) as live:
        await live.until(lambda: "oat milk" in live.ours(), 20, "it is answered")
        assert persona.CUT_OFF in live.ours()
        assert await live.titles() == ["buy oat milk"]


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


@pytest.mark.parametrize("came", ["from another worker", "after it was cut off"])
async def test_what_was_read_on_a_screen_before_becomes_a_task_only_after_a_yes(port: int, came: str) -> None:
    reading = {
        "status": "seen",
        "tell": "…",
        "items": [{"title": "Fix the login", "due_words": "December 11, 2026"}],
    }
    call = llm.FunctionCall(call_id="look", name="read_screen", arguments='{"about": "this"}')
    told = llm.FunctionCallOutput(
        call_id="look", name="read_screen", output=json.dumps(reading), is_error=False
    )
    said = [
        llm.ChatMessage(role="user", content=["What is on my screen?"]),
        call,
        told,
        llm.ChatMessage(role="assistant", content=["Fix the login, due December 11, 2026."]),
    ]
    thread = Thread(7, llm.ChatContext(said))
    handed = came == "from another worker"
    async with live_call(
        port,
        f"ann-{uuid4().hex}",
        plan="economy",
        greet=False,
        thread=thread if handed else None,
        goes_on=None if handed else thread,
    ) as live:
        make = named(await live.call._toolbox.load())["create_task"]
        wish = {"title": "Fix the login", "due_words": "December 11, 2026"}
        live.call._turns.number += 1
        held = json.loads((await make(raw_arguments=wish, ctx=Context(json.dumps(wish)))).output)
        assert held["question"] == 'Shall I add "Fix the login", due December 11, 2026?'
        own = {"title": "Buy oat milk"}
        made = json.loads(await make(raw_arguments=own, ctx=Context(json.dumps(own))))
        assert made["task"]["title"] == "Buy oat milk", "the caller's own words need no yes"
        assert await live.titles() == ["Buy oat milk"]


def _ended(live: LiveCall) -> asyncio.Task[str]:
    assert live.ended is not None
    return live.ended
