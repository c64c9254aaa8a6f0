"""A live call on Gemini Live: its tools, the gate, money, interruption, and the way from and to other stacks."""

from __future__ import annotations

from uuid import uuid4

import pytest

from routing.bill import Bill
from tests.agent.live_call import CALL_ID, LiveCall, live_call
from tiers.faults import Fault
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
    assert metered(live) > 0
    assert abs(metered(live) - invoiced(live)) <= 200


async def test_a_call_leaves_a_dead_gemini_in_mid_sentence_and_comes_back_to_it(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", ladder=LADDER, better_after=0.5) as live:
        speaking = live.speaking("Add a task to buy oat milk")
        await live.until(lambda: live.serving.session.session.user_state == "speaking", 20, "speech is found")
        live.desk.faults.set("gemini-live", "cut")
        await live.until(lambda: live.stack == "premium", 20, "premium serves")
        # The ear that was left takes what it was told along.
        await live.until(lambda: not live.desk.told.is_waiting(CALL_ID), 20, "the old ear is closed")
        live.tell_again()
        await speaking
        await live.heard()
        await live.quiet()
        assert await live.titles() == ["buy oat milk"]
        assert live.switch.told == [("gemini-live", Fault.VENDOR_DOWN)]
        live.desk.faults.clear()
        live.switch.heal()
        await live.until(lambda: live.stack == "gemini", 30, "gemini serves again")
        said = await live.turn("What is on my list?")
        assert "oat milk" in said
        assert await live.titles() == ["buy oat milk"]
        assert live.ours().count("task assistant") == 1


async def test_an_answer_that_is_spoken_over_is_kept_as_it_was_heard_and_its_bill_is_the_vendors(
    port: int,
) -> None:
    verbs, things = ("paint", "clean", "repair"), ("fence", "roof", "gate")
    titles = [f"{verb} the {thing}" for verb in verbs for thing in things]
    async with live_call(port, f"ann-{uuid4().hex}", ladder=LADDER) as live:
        for title in titles:
            await live.client.call("create_task", {"title": title})
        before = len(live.items)
        await live.say("What is on my list?")
        await live.heard()
        await live.say("Add a task to buy oat milk")
        await live.until(lambda: "oat milk" in live.ours(before), 30, "the turn is answered")
        await live.quiet()
        ours = [item for item in live.items[before:] if item.role == "assistant"]
        list_read = ours[0]
        assert list_read.interrupted
        kept = [title for title in titles if title in (list_read.text_content or "")]
        assert len(kept) < len(titles)
        assert not ours[-1].interrupted
        assert await live.titles() == sorted([*titles, "buy oat milk"])
        assert live.stack == "gemini"
        assert live.switch.told == []
    assert metered(live) > 0
    assert abs(metered(live) - invoiced(live)) <= 200


async def test_a_cap_that_is_reached_takes_a_call_from_gemini_to_a_cheaper_stack_and_nothing_more_is_spent_there(
    port: int,
) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", ladder=LADDER) as live:
        await live.turn("Add a task to buy oat milk")
        assert live.stack == "gemini"
        live.switch.spent("premium")
        await live.until(lambda: live.stack == "economy", 20, "economy serves")
        await live.quiet()
        spent = metered(live)
        assert "oat milk" in await live.turn("What is on my list?")
        assert await live.titles() == ["buy oat milk"]
        assert live.ours().count("task assistant") == 1
        assert live.switch.told == []
        assert metered(live) == spent > 0
    assert abs(metered(live) - invoiced(live)) <= 200
