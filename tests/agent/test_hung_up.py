"""Whoever says what they want and hangs up behind it has it: nothing that was promised ends with the call."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from agent.erasure import Erased
from agent.gate import Action
from agent.reminder import Opening
from people.reminder_consent import How
from tests.agent.live_call import LiveCall, live_call
from tests.agent.test_swap import slow_tools

pytestmark = pytest.mark.system

LINE = "You asked me to call you about this: water the tomatoes."
TITLES = ("buy milk", "buy bread", "buy eggs")


@contextlib.asynccontextmanager
async def hung_up(live: LiveCall) -> AsyncIterator[None]:
    """The caller hangs up; within, the call is ending, and behind it the call has ended."""
    assert live.ended is not None
    live.call.end("left")
    assert await asyncio.wait_for(live.ended, 5) == "left"
    ending = asyncio.create_task(live.call.aclose())
    yield
    await asyncio.wait_for(ending, 5)


async def holds_no_vendor(live: LiveCall) -> None:
    await live.until(lambda: not live.desk.connections.as_json()["open"], 2, "no vendor's socket is open")


@pytest.mark.parametrize("plan", ["economy", "premium"])
async def test_who_hears_the_reminder_and_hangs_up_in_the_greeting_behind_it_was_told(
    port: int, plan: str
) -> None:
    told, written = asyncio.Event(), asyncio.Event()

    async def on_heard() -> None:
        told.set()
        await asyncio.sleep(0.05)  # the database takes its time
        written.set()

    async with live_call(port, f"ann-{uuid4().hex}", plan=plan, channel="phone", greet=False) as live:
        live.call.greeting.opening = Opening(LINE, on_heard)
        await live.until(lambda: live.is_heard, 20, "we speak")
        await live.until(lambda: "Hello" in live.line.captions.text, 20, "the greeting behind it is heard")
        assert not told.is_set()
        async with hung_up(live):
            pass
        assert written.is_set()


async def test_who_hangs_up_before_the_reminder_was_heard_was_not_told(port: int) -> None:
    told = asyncio.Event()

    async def on_heard() -> None:
        told.set()

    async with live_call(port, f"ann-{uuid4().hex}", plan="economy", channel="phone", greet=False) as live:
        live.call.greeting.opening = Opening(LINE, on_heard)
        await live.until(lambda: live.is_heard, 20, "we speak")
        async with hung_up(live):
            pass
        assert not told.is_set()


async def test_who_wants_no_more_calls_and_hangs_up_is_called_no_more_and_no_vendor_waits_for_that(
    port: int,
) -> None:
    asked, unlocked, stopped = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def stops(_: How) -> bool:
        asked.set()
        await unlocked.wait()
        stopped.set()
        return True

    user, plan = f"ann-{uuid4().hex}", "economy"
    async with live_call(port, user, plan=plan, channel="phone", stops_calls=stops) as live:
        await live.say("Stop calling me.")
        await asyncio.wait_for(asked.wait(), 20)
        async with hung_up(live):
            await holds_no_vendor(live)
            unlocked.set()
        assert stopped.is_set()


async def test_who_agrees_to_be_erased_and_hangs_up_is_erased(port: int) -> None:
    asked, unlocked, erased = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def erases() -> Erased:
        asked.set()
        await unlocked.wait()
        erased.set()
        return Erased.WHOLLY

    async with live_call(port, f"ann-{uuid4().hex}", plan="economy", erases=erases) as live:
        await live.turn("Erase my account.")
        await live.say("Yes.")
        await asyncio.wait_for(asked.wait(), 20)
        async with hung_up(live):
            await holds_no_vendor(live)
            unlocked.set()
        assert erased.is_set()


async def agrees_to_three(live: LiveCall) -> None:
    """One key for three deletions; gives back when the first of them runs."""
    gate = live.call._questions._gate
    for title in TITLES:
        made = await live.client.call("create_task", {"title": title})
        gate.ask(Action("delete_task", {"task_id": made.structured["task"]["id"]}, (title,)), turn=0)
    assert gate.pending is not None
    gate.pending.asked = True
    gate.played(gate.pending.id)
    asked = slow_tools(live, 0.2)
    assert live.call._questions.press_key("yes")
    await live.until(lambda: asked, 5, "the first runs")
    assert asked == ["delete_task"]


async def test_all_that_one_yes_released_is_done_though_its_caller_hangs_up(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy") as live:
        await agrees_to_three(live)
        async with hung_up(live):
            pass
        assert await live.titles() == []


async def test_what_one_yes_released_is_known_to_the_worker_that_goes_on(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy") as live:
        await agrees_to_three(live)
        thread = await live.call.handed_over()
        assert await live.titles() == []
        assert thread.history is not None
        outputs = [item for item in thread.history.items if item.type == "function_call_output"]
        assert [(each.name, each.is_error) for each in outputs] == [("delete_task", False)] * 3
        assert thread.owes_answer
