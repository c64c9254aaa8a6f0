"""A live call goes on with another stack: nothing is said twice, nothing is lost, nobody is greeted again."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.agent.live_call import live_call

pytestmark = pytest.mark.system


async def test_a_call_is_served_without_a_swap(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}") as live:
        said = await live.turn("Add a task to buy oat milk")
        assert "oat milk" in said
        assert live.stack == "premium"
        assert await live.titles() == ["buy oat milk"]


async def test_an_admin_moves_a_call_down_and_the_conversation_goes_on(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}") as live:
        await live.turn("Add a task to buy oat milk")
        live.switch.admin(tiers_off=("premium",))
        await live.until(lambda: live.stack == "economy", 5, "economy serves")
        said = await live.turn("What is on my list?")
        assert "oat milk" in said
        assert live.ours().count("task assistant") == 1


async def test_a_socket_that_dies_in_mid_sentence_costs_the_caller_nothing(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}") as live:
        speaking = live.speaking("Add a task to buy oat milk", pause=(0.5, 0.4))
        await live.until(lambda: live.serving.session.session.user_state == "speaking", 5, "speech is found")
        live.desk.faults.set("openai-realtime", "cut")
        await live.until(lambda: live.stack == "economy", 5, "economy serves")
        await speaking
        late = await live.heard()
        await live.quiet()
        assert await live.titles() == ["buy oat milk"]
        assert "oat milk" in live.ours()
        assert late < 8
