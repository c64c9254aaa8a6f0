"""A caller who is away costs nothing at the vendors, and comes back into the same conversation."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from agent.parking import Parking
from routing.decision import Decision
from tests.agent.live_call import LiveCall, live_call
from tests.agent.test_swap import slow_tools

pytestmark = pytest.mark.system


class Purse:
    """Money that is always there; says what serves now."""

    def __init__(self, live: LiveCall) -> None:
        self._live = live

    async def park(self) -> None: ...

    async def take_up(self) -> Decision:
        return self._live.switch.decision


def parking(live: LiveCall) -> Parking:
    """Let a call park, as a job does."""
    live.call._parking = Parking(live.serving, Purse(live), call_id="c1")
    return live.call._parking


async def test_a_call_that_was_parked_goes_on_where_it_was(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}") as live:
        await live.turn("Add a task to buy oat milk")
        await parking(live).park()
        await live.until(lambda: live.desk.connections.count() == 0, 2, "no socket is open")
        used = len(live.usage)
        before = len(live.items)
        await live.call._welcome_back()
        await live.until(lambda: "still here" in live.ours(before), 10, "we say that we are there")
        await live.quiet()
        assert live.ours(before) == "I'm still here."
        assert "oat milk" in await live.turn("What is on my list?")
        assert "off your list" in await live.turn("Undo that")
        assert await live.titles() == []
        assert len(live.usage) > used


async def test_a_question_that_was_asked_of_nobody_is_put_again(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}") as live:
        await live.client.call("create_task", {"title": "buy oat milk"})
        assert "Shall I delete" in await live.turn("Delete buy oat milk")
        await parking(live).park()
        before = len(live.items)
        await live.call._welcome_back()
        await live.until(lambda: "Shall I delete" in live.ours(before), 10, "it is put again")
        await live.quiet()
        await live.turn("Yes")
        assert await live.titles() == []


async def test_what_the_router_says_meanwhile_counts_when_the_caller_is_back(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}") as live:
        parked = parking(live)
        await parked.park()
        live.switch.admin(tiers_off=("premium",))
        assert live.stack == "premium", "nobody is moved who is not there"
        await live.call._welcome_back()
        await live.quiet()
        assert live.stack == "economy"
        assert "oat milk" in await live.turn("Add a task to buy oat milk")


async def test_a_turn_that_waits_for_its_answer_gets_it_when_the_caller_is_back(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy") as live:
        live.desk.faults.set("openai-chat", "silent")
        await live.say("Add a task to buy oat milk")
        await live.until(lambda: live.serving.session.owed.answer, 10, "an answer is owed")
        await parking(live).park()
        live.desk.faults.clear("openai-chat")
        live.switch.heal()
        before = len(live.items)
        await live.call._welcome_back()
        await live.until(lambda: "oat milk" in live.ours(before), 15, "it is answered")
        await live.quiet()
        assert await live.titles() == ["buy oat milk"]


@pytest.mark.parametrize("plan", ["premium", "economy"])
async def test_the_vendors_are_left_though_a_tool_runs_and_its_result_waits_for_the_caller(
    port: int, plan: str
) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan=plan) as live:
        asked = slow_tools(live, 6.0)
        await live.say("Add a task to buy oat milk")
        await live.until(lambda: asked, 10, "the tool runs")
        parked = asyncio.create_task(parking(live).park())
        await live.until(lambda: live.desk.connections.count() == 0, 3, "no socket is open")
        await asyncio.wait_for(parked, 10)
        before = len(live.items)
        await live.call._welcome_back()
        await live.until(lambda: "oat milk" in live.ours(before), 15, "the result is told")
        await live.quiet()
        assert await live.titles() == ["buy oat milk"]
        assert len(asked) == 1
