"""In a cascade each part can fail for itself: the next one goes on in the same session, in mid-sentence where it must."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

import sandbox.cartesia
from tests.agent.live_call import LiveCall, live_call
from tests.agent.together import together
from tiers.faults import Fault

pytestmark = pytest.mark.system


def voice(live: LiveCall) -> str:
    return live.serving.session.stack.parts["tts"].name


def mind(live: LiveCall) -> str:
    return live.serving.session.stack.parts["llm"].name


@together(
    ["quota", "refuse", "cut", "accept-then-close", "server-error", "silent", "stall-mid-stream", "garbage"]
)
async def test_a_voice_that_fails_hands_its_sentence_to_the_next(port: int, kind: str) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy") as live:
        live.desk.faults.set("cartesia", kind)
        if kind in ("refuse", "accept-then-close"):  # they wait at the door
            live.desk.faults.set("cartesia", "cut", times=1)
        said = await live.turn("Add a task to buy oat milk")
        assert voice(live) == "aura-2"
        assert "oat milk" in said
        assert await live.titles() == ["buy oat milk"]


async def test_the_rest_of_a_cut_sentence_is_said_by_the_next_voice_and_no_word_twice(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy") as live:
        for title in ("buy oat milk", "call the bank", "water the plants"):
            await live.client.call("create_task", {"title": title})
        live.desk.faults.set("cartesia", "error-after-audio")
        before = len(live.items)
        said = await live.turn("What is on my list?")
        assert voice(live) == "aura-2"
        for word in ("milk", "bank", "plants"):
            assert len(re.findall(word, said)) == 1, said
        assert len(live.items) == before + 2


async def test_a_question_that_a_failing_voice_cut_is_whole_before_its_yes_counts(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy") as live:
        await live.client.call("create_task", {"title": "buy oat milk for the whole family"})
        live.desk.faults.set("cartesia", "error-after-audio")
        said = await live.turn("Delete buy oat milk for the whole family")
        assert said.count("Shall I delete") == 1
        await live.turn("Yes")
        assert await live.titles() == []


@together(
    ["quota", "refuse", "cut", "silent", "stall-mid-stream", "cut-mid-stream", "server-error", "garbage"]
)
async def test_a_mind_that_fails_is_replaced_within_the_turn(port: int, kind: str) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy") as live:
        await live.client.call("create_task", {"title": "buy oat milk"})
        live.desk.faults.set("openai-chat", kind)
        await live.say("What is on my list?")
        late = await live.heard()
        await live.quiet()
        assert mind(live) != "gpt-4o-mini"
        assert live.ours().count("oat milk") == 1
        assert late < 12


async def test_a_part_whose_account_has_no_credit_is_asked_once_and_left(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy") as live:
        await live.client.call("create_task", {"title": "buy oat milk"})
        # Whoever asks a second time is answered.
        live.desk.faults.set("openai-chat", "quota", times=1)
        assert "oat milk" in await live.turn("What is on my list?")
        assert live.switch.told == [("openai-chat", Fault.NO_CREDIT)]
        live.desk.faults.set("cartesia", "quota", times=1)
        assert "oat milk" in await live.turn("What is on my list?")
        assert voice(live) == "aura-2"
        assert live.switch.told[1:] == [("cartesia", Fault.NO_CREDIT)]


async def test_a_rate_limit_is_waited_out_and_nobody_is_blamed(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy") as live:
        live.desk.faults.set("openai-chat", "rate-limit", times=2)  # the plugin tries once more by itself
        said = await live.turn("Add a task to buy oat milk")
        assert "oat milk" in said
        assert mind(live) == "gpt-4o-mini"
        assert live.switch.told == []


async def test_a_voice_whose_socket_the_vendor_closed_in_a_long_silence_says_the_whole_sentence(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox.cartesia, "IDLE_SECONDS", 1.5)  # five minutes at the vendor
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy") as live:
        await live.until(
            lambda: live.desk.connections.count("cartesia") == 0, 12, "the idle socket is closed"
        )
        dialled = live.desk.connections.ever("cartesia")
        said = await live.turn("Add a task to buy oat milk")
        assert "oat milk" in said
        assert voice(live) == "sonic-3"
        assert live.desk.connections.ever("cartesia") == dialled + 1
        assert live.switch.told == []


async def test_a_call_without_any_voice_goes_on_in_writing_with_the_same_tools(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy", better_after=0) as live:
        await live.turn("Add a task to buy oat milk")
        live.switch.admin(stacks_off=("premium", "economy", "budget", "quality", "local"))
        await live.until(lambda: live.stack == "text", 6, "text serves")
        before = len(live.items)
        await live.call._on_message("What is on my list?")
        await live.until(lambda: "oat milk" in live.ours(before), 10, "the answer is written")
        assert any("oat milk" in text for text in live.written)
        live.switch.admin(stacks_off=())
        await live.until(lambda: live.stack == "economy", 8, "a voice serves again")
        assert "oat milk" in await live.turn("What is on my list?")
