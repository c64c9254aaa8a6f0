"""Calls whose vendors fail are charged what the vendors bill, whichever of them died and in the middle of what."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

import pytest

from routing.bill import Bill
from sandbox.invoice import Row
from tests.agent.live_call import LiveCall, live_call
from tests.agent.together import together
from tiers.prices import bundled
from tiers.usage import Usage

pytestmark = pytest.mark.system


@dataclass(frozen=True)
class Money:
    """What a call was charged and what its vendors bill, with every socket closed. µ$."""

    usage: tuple[Usage, ...]
    rows: tuple[Row, ...]

    @property
    def charged(self) -> int:
        bill = Bill(bundled())
        return sum(priced.microdollars for each in self.usage if (priced := bill.price(each)))

    @property
    def billed(self) -> int:
        return sum(row.microdollars for row in self.rows)

    def by_model(self) -> dict[str, tuple[int, int]]:
        """Charged and billed, to see where they differ."""
        bill = Bill(bundled())
        found: dict[str, tuple[int, int]] = {}
        for each in self.usage:
            charged, billed = found.get(each.model, (0, 0))
            priced = bill.price(each)
            found[each.model] = (charged + (priced.microdollars if priced else 0), billed)
        for row in self.rows:
            charged, billed = found.get(row.model, (0, 0))
            found[row.model] = (charged, billed + row.microdollars)
        return found

    def check(self, *, broken: bool) -> None:
        """0.5 % or 200 µ$, whichever is more; 5 % where a socket died, until the vendor's export is read."""
        assert len({each.event_id for each in self.usage}) == len(self.usage)
        assert self.billed > 0
        most = max(self.billed * (0.05 if broken else 0.005), 200)
        assert abs(self.charged - self.billed) <= most, self.by_model()


def money(live: LiveCall) -> Money:
    assert not live.desk.connections.count()
    return Money(tuple(live.usage), tuple(live.desk.invoice.rows()))


async def with_tasks(live: LiveCall) -> None:
    for title in ("buy oat milk", "call the bank", "water the plants", "paint the fence"):
        await live.client.call("create_task", {"title": title})


@together(["cut", "silent", "failed-reply", "cut-mid-stream", "incomplete-reply"])
async def test_a_realtime_model_that_fails_in_an_answer_is_charged_what_it_bills(
    port: int, kind: str
) -> None:
    async with live_call(port, f"ann-{uuid4().hex}") as live:
        await with_tasks(live)
        if kind in ("cut", "silent"):
            await live.say("What is on my list?")
            await live.heard()
            live.desk.faults.set("openai-realtime", kind)
        else:
            live.desk.faults.set("openai-realtime", kind)
            await live.say("What is on my list?")
        await live.until(lambda: live.stack == "economy", 15, "economy serves")
        await live.quiet()
        await live.turn("Complete call the bank")
    money(live).check(broken=kind != "failed-reply")


async def test_a_realtime_model_that_dies_in_mid_sentence_is_charged_what_it_bills(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}") as live:
        speaking = live.speaking("Add a task to buy oat milk", pause=(0.5, 0.4))
        await live.until(lambda: live.serving.session.session.user_state == "speaking", 5, "speech is found")
        live.desk.faults.set("openai-realtime", "cut")
        await speaking
        await live.heard()
        await live.quiet()
    money(live).check(broken=True)


async def test_a_reply_that_fails_once_costs_nothing(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}") as live:
        live.desk.faults.set("openai-realtime", "failed-reply", times=1)
        await live.turn("Add a task to buy oat milk")
        assert live.stack == "premium"
    done = money(live)
    failed = [each for each in done.usage if each.outcome == "failed"]
    assert not any(bundled().price(each) for each in failed)
    done.check(broken=False)


async def test_a_session_that_is_renewed_is_charged_once(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}") as live:
        await live.say("Add a task to buy oat milk")
        live.desk.faults.set("openai-realtime", "session-expired")
        await live.until(lambda: "oat milk" in live.ours(), 15, "the turn is answered")
        await live.quiet()
    money(live).check(broken=True)


async def test_down_and_up_by_an_admin_is_charged_as_it_is_billed(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", better_after=0) as live:
        await live.turn("Add a task to buy oat milk")
        for _ in range(3):
            await live.say("What is on my list?")
            await live.heard()
            live.switch.admin(tiers_off=("premium",))
            await live.until(lambda: live.stack == "economy", 6, "economy serves")
            await live.quiet()
            live.switch.admin(tiers_off=())
            await live.until(lambda: live.stack == "premium", 6, "premium serves")
    money(live).check(broken=False)


VOICE = (
    "quota",
    "rate-limit",
    "server-error",
    "error-after-audio",
    "silent",
    "slow",
    "cut",
    "stall-mid-stream",
)


@together(VOICE)
async def test_a_voice_that_fails_is_charged_what_it_bills_and_refused_texts_are_not(
    port: int, kind: str
) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy") as live:
        await with_tasks(live)
        live.desk.faults.set("cartesia", kind)
        assert "fence" in await live.turn("What is on my list?")
        assert kind == "slow" or live.serving.session.stack.parts["tts"].name == "aura-2"
    done = money(live)
    refused = [row for row in done.rows if row.vendor == "cartesia"]
    if kind in ("quota", "rate-limit", "server-error"):
        charged, billed = done.by_model()["sonic-3"]
        assert charged == billed == sum(row.microdollars for row in refused)
    done.check(broken=kind not in ("quota", "rate-limit", "server-error"))


MIND = ("quota", "rate-limit", "server-error", "silent", "slow", "cut", "stall-mid-stream", "cut-mid-stream")


@together(MIND)
async def test_a_language_model_that_fails_is_charged_what_it_bills(port: int, kind: str) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy") as live:
        await with_tasks(live)
        live.desk.faults.set("openai-chat", kind)
        assert "fence" in await live.turn("What is on my list?")
    money(live).check(broken=kind not in ("quota", "rate-limit", "server-error"))


@together(["cut", "silent", "no-final"])
async def test_an_ear_that_fails_is_charged_what_it_bills(port: int, kind: str) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy") as live:
        await live.turn("Add a task to buy oat milk")
        live.desk.faults.set("deepgram-stt", kind)
        await live.say("What is on my list?")
        await live.until(
            lambda: live.serving.session.stack.parts["stt"].service != "deepgram-stt", 20, "left"
        )
    money(live).check(broken=True)
