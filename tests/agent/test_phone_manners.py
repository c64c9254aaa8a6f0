"""A telephone call as its caller has it: slow letters are one turn, silence is asked about, and a cut call goes on."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import AsyncMock
from uuid import uuid4

import pytest
from livekit import rtc
from livekit.agents import llm

from agent import persona
from agent.phone_manners import PhoneManners
from agent.silence import SilencePatience
from agent.thread import Thread
from tests.agent.live_call import LiveCall, live_call
from tests.agent.test_swap import slow_tools
from tests.agent.together import together

pytestmark = pytest.mark.system

PLANS = together(["economy", "premium"])


def somebody() -> str:
    return f"ann-{uuid4().hex}"


@PLANS
async def test_letters_said_slowly_are_one_turn(port: int, plan: str) -> None:
    async with live_call(port, somebody(), plan=plan, channel="phone") as live:
        before, turns = len(live.items), live.call.turn
        for letter in ("B", "M", "W"):
            await live.say(letter)
            await asyncio.sleep(1.0)  # the caller thinks of the next letter
        await live.heard()
        await live.quiet()
        answers = [each for each in live.items[before:] if each.role == "assistant"]
        assert len(answers) == 1
        assert live.call.turn == turns + 1


async def test_ordinary_words_do_not_wait(port: int) -> None:
    async with live_call(port, somebody(), plan="economy", channel="phone") as live:
        assert "oat milk" in await live.turn("Add a task to buy oat milk")
        assert await live.titles() == ["buy oat milk"]


@PLANS
async def test_who_says_nothing_is_greeted_again_and_let_go(port: int, plan: str) -> None:
    async with live_call(port, somebody(), plan=plan, channel="phone", silence=3) as live:
        assert live.ended is not None
        assert await asyncio.wait_for(live.ended, 60) == "silent"
        said = live.ours()
        assert said.count(persona.greeting("phone")) == 3, "they may have heard nothing of the first"
        assert persona.NOBODY_HEARD in said


async def test_who_falls_silent_is_asked_and_a_word_is_enough(port: int) -> None:
    async with live_call(port, somebody(), plan="economy", channel="phone", silence=3) as live:
        await live.turn("Add a task to buy oat milk")
        await live.until(lambda: persona.STILL_THERE in live.ours(), 20, "we ask")
        await live.quiet()
        assert "oat milk" in await live.turn("What is on my list?")
        assert live.ended is not None
        assert not live.ended.done()


async def test_an_open_question_is_put_again_and_not_another_one(port: int) -> None:
    async with live_call(port, somebody(), plan="economy", channel="phone", silence=3) as live:
        await live.client.call("create_task", {"title": "buy oat milk"})
        await live.turn("Delete buy oat milk")
        await live.until(lambda: live.ours().count("Shall I delete") == 2, 20, "it is put again")
        assert persona.STILL_THERE not in live.ours()


async def test_nobody_is_asked_over_our_own_work(port: int) -> None:
    async with live_call(port, somebody(), plan="economy", channel="phone", silence=3) as live:
        slow_tools(live, 8.0)
        await live.turn("What is on my list?")
        assert persona.STILL_THERE not in live.ours()


async def test_who_says_nothing_to_a_session_that_has_nothing_to_say_is_asked_too() -> None:
    said: list[str] = []
    asked = asyncio.Event()

    def say(line: str) -> None:
        said.append(line)
        asked.set()

    session: Any = SimpleNamespace(session=SimpleNamespace(agent_state="listening"), say=say)
    spelling = SimpleNamespace(open=lambda: None, close=lambda: None)
    manners = PhoneManners(
        cast("Any", rtc.EventEmitter()),
        SilencePatience(window=0.02),
        turns=cast("Any", SimpleNamespace(number=3, spelling=spelling)),
        questions=lambda: cast("Any", SimpleNamespace(ask_again=lambda: False)),
        session=lambda: session,
        greeting=lambda: "Hello.",
        is_busy=lambda: False,
        end=lambda _reason: None,
        spawn=lambda work, name: asyncio.ensure_future(work).set_name(name),  # type: ignore[attr-defined]
    )
    manners.open(cast("Any", rtc.EventEmitter()))
    await asyncio.wait_for(asked.wait(), 5)
    manners.close()
    assert said[0] == persona.STILL_THERE


def cut_off() -> Thread:
    history = llm.ChatContext.empty()
    history.add_message(role="user", content="Add a task to buy oat milk")
    history.add_message(role="assistant", content="I added buy oat milk.")
    return Thread(1, history)


def words(live: LiveCall) -> str:
    return " ".join(each.text_content or "" for each in live.serving.session.history.messages())


@PLANS
async def test_a_call_that_was_cut_off_goes_on_after_a_yes(port: int, plan: str) -> None:
    async with live_call(port, somebody(), plan=plan, channel="phone", goes_on=cut_off()) as live:
        assert "Shall we go on where we were?" in live.ours()
        assert persona.GOING_ON in await live.turn("Yes")
        assert "I added buy oat milk" in words(live)


@PLANS
async def test_after_a_no_it_is_another_conversation(port: int, plan: str) -> None:
    async with live_call(port, somebody(), plan=plan, channel="phone", goes_on=cut_off()) as live:
        assert persona.START_ANEW in await live.turn("No")
        assert "I added buy oat milk" not in words(live)


async def test_whoever_says_what_they_want_is_not_asked_again(port: int) -> None:
    async with live_call(port, somebody(), plan="economy", channel="phone", goes_on=cut_off()) as live:
        assert "dentist" in await live.turn("Add a task to call the dentist")


@PLANS
async def test_who_says_goodbye_is_asked_how_good_it_was_and_then_let_go(port: int, plan: str) -> None:
    async with live_call(port, somebody(), plan=plan, channel="phone") as live:
        stars: list[int] = []
        live.call._metrics.rated = stars.append  # type: ignore[method-assign]
        await live.say("Goodbye")
        await live.until(lambda: live.call._survey.is_open, 20, "it is asked")
        live.call._keys.keypad.press(0, "4")
        assert live.ended is not None
        assert await asyncio.wait_for(live.ended, 20) == "goodbye"
        assert stars == [4]


def hang_up(live: LiveCall) -> None:
    live.call._room.remote_participants.clear()  # type: ignore[attr-defined]
    gone = SimpleNamespace(identity="caller", disconnect_reason=rtc.DisconnectReason.CLIENT_INITIATED)
    live.call._room.emit("participant_disconnected", gone)


async def test_a_call_whose_line_is_lost_leaves_what_was_said_at_once(port: int) -> None:
    async with live_call(port, somebody(), plan="economy", channel="phone") as live:
        leaves = AsyncMock()
        live.call._leaves = leaves
        await live.turn("Add a task to buy oat milk")
        live.call._room.remote_participants.clear()  # type: ignore[attr-defined]
        gone = SimpleNamespace(identity="caller", disconnect_reason=rtc.DisconnectReason.CONNECTION_TIMEOUT)
        live.call._room.emit("participant_disconnected", gone)
        await live.until(lambda: leaves.lost.await_count == 1, 20, "it is left")
        (thread,) = leaves.lost.await_args.args
        assert "oat milk" in str(thread.history.to_dict())
        assert live.ended is not None
        assert not live.ended.done()


@PLANS
async def test_who_says_goodbye_and_hangs_up_was_not_cut_off(port: int, plan: str) -> None:
    async with live_call(port, somebody(), plan=plan, channel="phone") as live:
        await live.turn("Add a task to buy oat milk")
        await live.say("Goodbye")
        await live.until(lambda: live.call._survey.is_open, 20, "we ask how it was")
        hang_up(live)
        assert live.ended is not None
        assert await asyncio.wait_for(live.ended, 20) == "goodbye"


async def test_who_goes_on_behind_a_goodbye_and_is_gone_then_was_cut_off(port: int) -> None:
    async with live_call(port, somebody(), plan="economy", channel="phone") as live:
        await live.say("Goodbye")
        await live.until(lambda: live.call._survey.is_open, 20, "we ask how it was")
        await live.turn("Add a task to buy oat milk")
        hang_up(live)
        assert live.ended is not None
        assert await asyncio.wait_for(live.ended, 20) == "left"


async def test_who_hangs_up_in_a_tool_holds_no_vendor_and_the_task_is_made_once(port: int) -> None:
    async with live_call(port, somebody(), plan="economy", channel="phone") as live:
        slow_tools(live, 2.0)
        await live.say("Add a task to buy oat milk")
        await live.until(lambda: live.call._toolbox.is_running, 20, "the tool runs")
        live.call.end("caller_left")
        assert live.ended is not None
        assert await live.ended == "caller_left"
        began = asyncio.get_running_loop().time()
        await live.call.aclose()
        assert asyncio.get_running_loop().time() - began < 5
        await live.until(lambda: not live.desk.connections.as_json()["open"], 1, "no vendor's socket is open")
        assert await live.titles() == ["buy oat milk"]
