"""A live call on Gemini Live: its tools, the gate, money, interruption, and the way from and to other stacks."""

from __future__ import annotations

from uuid import uuid4

import pytest

from routing.bill import Bill
from tests.agent.live_call import LiveCall, live_call
from tiers.prices import bundled

pytestmark = pytest.mark.system

LADDER = ("gemini", "premium", "economy", "budget", "local", "text")


def metered(live: LiveCall) -> int:
    """What the meter says that Gemini cost, in µ$."""
    bill = Bill(bundled())
    return sum(
        charge.microdollars
        for usage in live.usage
        if usage.vendor == "google" and (charge := bill.price(usage)) is not None
    )


def invoiced(live: LiveCall) -> int:
    """What the stand-in's invoice says."""
    return sum(row.microdollars for row in live.desk.invoice.rows() if row.vendor == "google")


async def test_a_task_is_made_and_deleted_only_after_a_spoken_yes_and_all_is_metered(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", ladder=LADDER) as live:
        assert live.stack == "gemini"
        assert "oat milk" in await live.turn("Add a task to buy oat milk")
        assert await live.titles() == ["buy oat milk"]
        await live.turn("Delete the task to buy oat milk")
        await live.until(lambda: live.call._questions.open, 10, "the question is open")
        await live.quiet()
        assert await live.titles() == ["buy oat milk"]
        await live.turn("Yes, please.")
        assert await live.titles() == []
        said = [item.text_content for item in live.items if item.role == "user"]
        assert said == ["Add a task to buy oat milk", "Delete the task to buy oat milk", "Yes, please."]
        assert live.switch.told == []
    assert 0 < metered(live)
    assert abs(metered(live) - invoiced(live)) <= 200
