"""A live call goes on with another stack: nothing is said twice, nothing is lost, nobody is greeted again."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

import agent.ring
from mcp_tasks.client import ToolOutcome
from tests.agent.live_call import LiveCall, live_call
from tests.agent.together import together
from tiers.faults import Fault

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


async def test_a_vendor_that_sends_what_cannot_be_read_is_left_in_mid_sentence(port: int) -> None:
    # So patient a watch would not notice before the dead session is given up.
    async with live_call(port, f"ann-{uuid4().hex}", patience=5.0) as live:
        speaking = live.speaking("Add a task to buy oat milk")
        await live.until(lambda: live.serving.session.session.user_state == "speaking", 5, "speech is found")
        live.desk.faults.set("openai-realtime", "garbage")
        await live.until(lambda: live.stack == "economy", 10, "economy serves")
        await speaking
        await live.heard()
        await live.quiet()
        assert await live.titles() == ["buy oat milk"]


def slow_tools(live: LiveCall, seconds: float) -> list[str]:
    """Have every tool take so long; the names of those that were asked for."""
    server = live.call._toolbox._tasks
    quick, asked = server.call, []

    async def slowly(name: str, *arguments: Any, **named: Any) -> ToolOutcome:
        asked.append(name)
        await asyncio.sleep(seconds)
        return await quick(name, *arguments, **named)

    server.call = slowly  # type: ignore[method-assign]
    return asked


@together(["premium", "economy"])
async def test_a_vendor_that_dies_while_a_tool_runs_gets_the_result_spoken_by_its_successor(
    port: int, plan: str
) -> None:
    service = "openai-realtime" if plan == "premium" else "openai-chat"
    async with live_call(port, f"ann-{uuid4().hex}", plan=plan) as live:
        asked = slow_tools(live, 3.0)
        await live.say("Add a task to buy oat milk")
        await live.until(lambda: asked, 10, "the tool runs")
        live.desk.faults.set(service, "cut")
        await live.until(lambda: "oat milk" in live.ours(), 15, "the result is told")
        await live.quiet()
        assert await live.titles() == ["buy oat milk"]
        assert live.ours().count("oat milk") == 1


async def test_an_undo_that_was_done_before_its_words_were_written_is_not_heard_again(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with live_call(port, f"ann-{uuid4().hex}") as live:
        await live.turn("Add a task to buy oat milk")
        await live.turn("Add a task to call the bank")
        server = live.call._toolbox._tasks
        quick, asked = server.call, []

        async def dies_behind_it(name: str, *arguments: Any, **named: Any) -> ToolOutcome:
            outcome = await quick(name, *arguments, **named)
            if name != "list_tasks":  # what was changed last is looked up before it is undone
                asked.append(name)
                live.desk.faults.set("openai-realtime", "cut")
            return outcome

        async def never(*_: Any) -> None: ...

        monkeypatch.setattr(server, "call", dies_behind_it)
        monkeypatch.setattr("sandbox.realtime_connection.transcribe", never)
        before = len(live.items)
        await live.say("Undo that")
        await live.until(lambda: live.stack == "economy", 10, "economy serves")
        await live.heard()
        await live.quiet()
        assert asked == ["undo"]
        assert live.ours(before)
        assert await live.titles() == ["buy oat milk"]


async def test_an_answer_that_is_cut_off_is_finished_by_the_successor(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}") as live:
        for title in ("buy oat milk", "call the bank", "water the plants", "paint the fence"):
            await live.client.call("create_task", {"title": title})
        before = len(live.items)
        await live.say("What is on my list?")
        await live.heard()
        await asyncio.sleep(1.0)
        live.desk.faults.set("openai-realtime", "cut")
        await live.until(lambda: live.stack == "economy", 5, "economy serves")
        await live.quiet()
        said = live.ours(before)
        for word in ("milk", "bank", "plants", "fence"):
            assert word in said
        assert live.ours().count("task assistant") == 1


async def test_what_the_callers_voice_has_paused_is_not_heard_from_the_successor(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", pauses=True) as live:
        for title in ("buy oat milk", "call the bank", "water the plants", "paint the fence"):
            await live.client.call("create_task", {"title": title})
        before = len(live.items)
        await live.say("What is on my list?")
        await live.heard()
        speaking = live.speaking("Add a task to sweep the long stairs behind our house and wash the windows")
        speaker = live.line.loudspeaker
        await live.until(lambda: speaker._held_at is not None, 5, "our voice is paused")
        assert live.serving.session.session.agent_state == "listening"
        live.desk.faults.set("openai-realtime", "cut")
        await live.until(lambda: live.stack == "economy", 5, "economy serves")
        assert (speaker._held_at, speaker._queued) == (None, 0.0)
        cut = [item for item in live.items[before:] if item.role == "assistant"][-1]
        assert cut.interrupted, "what was heard of it is known"
        await speaking
        async with asyncio.timeout(30):
            while not (await live.client.call("list_tasks", {"view": "all", "query": "stairs"})).structured[
                "tasks"
            ]:
                await asyncio.sleep(0.1)
        await live.quiet()
        assert len([title for title in await live.titles() if "stairs" in title]) == 1


async def test_a_vendor_that_falls_silent_is_left_and_its_successor_heard_within_seconds(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}") as live:
        live.desk.faults.set("openai-realtime", "silent")
        before = len(live.items)
        await live.say("Add a task to buy oat milk")
        late = await live.heard()
        await live.quiet()
        assert live.stack == "economy"
        assert "oat milk" in live.ours(before)
        assert late < 8, "five on a quiet machine, which the bench holds"
        assert await live.titles() == ["buy oat milk"]
        assert live.switch.told == [("openai-realtime", Fault.VENDOR_DOWN)]


async def test_a_yes_that_a_silent_vendor_never_heard_is_heard_by_its_successor(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}") as live:
        await live.client.call("create_task", {"title": "buy oat milk"})
        await live.turn("Delete the task to buy oat milk")
        await live.until(lambda: live.call._questions.open, 10, "the question is open")
        await live.quiet()
        live.desk.faults.set("openai-realtime", "silent")
        before = len(live.items)
        await live.turn("Yes, delete it")
        assert live.stack == "economy"
        assert await live.titles() == []
        assert "Shall I" not in live.ours(before)


@together(["failed-reply", "rate-limit"])
async def test_a_reply_that_fails_once_is_asked_for_once_more(port: int, kind: str) -> None:
    async with live_call(port, f"ann-{uuid4().hex}") as live:
        live.desk.faults.set("openai-realtime", kind, times=1)
        said = await live.turn("Add a task to buy oat milk")
        assert live.stack == "premium"
        assert "oat milk" in said
        assert await live.titles() == ["buy oat milk"]


@together(["failed-reply", "rate-limit", "quota", "accept-then-close", "unauthorized", "garbage"])
async def test_a_vendor_that_goes_on_failing_is_left_and_the_turn_is_answered(port: int, kind: str) -> None:
    async with live_call(port, f"ann-{uuid4().hex}") as live:
        live.desk.faults.set("openai-realtime", kind)
        if kind in ("accept-then-close", "unauthorized"):
            live.desk.faults.set("openai-realtime", "cut", times=1)
        said = await live.turn("Add a task to buy oat milk")
        assert live.stack == "economy"
        assert "oat milk" in said
        assert await live.titles() == ["buy oat milk"]


@pytest.mark.parametrize("kind", ["failed-reply", "rate-limit", "incomplete-reply"])
async def test_a_line_of_ours_that_fails_once_is_said_once_more(port: int, kind: str) -> None:
    async with live_call(port, f"ann-{uuid4().hex}") as live:
        await live.client.call("create_task", {"title": "buy oat milk"})
        await live.turn("Delete buy oat milk")
        live.desk.faults.set("openai-realtime", kind, times=1)
        said = await live.turn("Yes, please")
        assert live.stack == "premium"
        assert "deleted" in said
        assert await live.titles() == []


async def test_what_fails_while_something_better_is_waited_for_is_left_for_it_at_once(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}") as live:
        live.switch.failed("openai-realtime", Fault.VENDOR_DOWN)
        await live.until(lambda: live.stack == "economy", 5, "economy serves")
        live.switch.heal()  # premium is taken again, but not so soon
        live.desk.faults.set("cartesia", "cut")
        said = await live.turn("Add a task to buy oat milk")
        assert "oat milk" in said
        assert live.stack == "premium"
        assert await live.titles() == ["buy oat milk"]


async def test_a_session_that_expires_is_renewed_and_its_question_answered(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}") as live:
        await live.client.call("create_task", {"title": "buy oat milk"})
        first = live.serving.session
        await live.say("What is on my list?")
        live.desk.faults.set("openai-realtime", "session-expired")
        await live.until(lambda: "oat milk" in live.ours(), 10, "the question is answered")
        await live.quiet()
        assert live.stack == "premium"
        assert live.serving.session is not first
        assert live.switch.told == []
        assert live.ours().count("task assistant") == 1


async def test_a_question_that_was_heard_is_still_open_after_a_swap(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}") as live:
        await live.client.call("create_task", {"title": "buy oat milk"})
        assert "Shall I delete" in await live.turn("Delete buy oat milk")
        live.desk.faults.set("openai-realtime", "cut")
        await live.until(lambda: live.stack == "economy", 5, "economy serves")
        assert await live.titles() == ["buy oat milk"]
        said = await live.turn("Yes")
        assert "deleted" in said
        assert await live.titles() == []


async def test_a_question_that_was_cut_off_is_put_again_and_its_yes_counts_only_then(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}") as live:
        await live.client.call("create_task", {"title": "buy oat milk for the whole family"})
        before = len(live.items)
        await live.say("Delete buy oat milk for the whole family")
        await live.heard()
        live.desk.faults.set("openai-realtime", "cut")
        await live.until(lambda: live.stack == "economy", 5, "economy serves")
        await live.quiet()
        assert live.ours(before).endswith('Shall I delete "buy oat milk for the whole family"?')
        await live.turn("Yes")
        assert await live.titles() == []


async def test_ten_times_down_and_up_is_one_conversation(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", better_after=0) as live:
        await live.turn("Add a task to buy oat milk")
        for _ in range(10):
            live.switch.admin(tiers_off=("premium",))
            await live.until(lambda: live.stack == "economy", 6, "economy serves")
            live.switch.admin(tiers_off=())
            await live.until(lambda: live.stack == "premium", 6, "premium serves")
        assert live.serving.swaps == 20
        said = [item.text_content for item in live.serving.session.history.items if item.type == "message"]
        assert any("Add a task to buy oat milk" in (text or "") for text in said)
        assert "oat milk" in await live.turn("What is on my list?")
        assert live.ours().count("task assistant") == 1


async def test_a_better_stack_is_taken_in_a_pause_and_not_before_its_time(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", better_after=3.0) as live:
        live.desk.faults.set("openai-realtime", "cut", times=1)
        await live.until(lambda: live.stack == "economy", 5, "economy serves")
        moved = asyncio.get_running_loop().time()
        live.switch.heal()
        await live.until(lambda: live.stack == "premium", 10, "premium serves again")
        assert asyncio.get_running_loop().time() - moved >= 3.0
        said = await live.turn("Add a task to buy oat milk")
        assert "oat milk" in said


async def test_of_a_turn_that_was_too_long_to_keep_the_end_is_asked_about_and_not_obeyed(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent.ring, "LONGEST_SECONDS", 1.0)
    async with live_call(port, f"ann-{uuid4().hex}") as live:
        speaking = live.speaking("Add a task to buy oat milk, since there is none left and we have guests")
        await live.until(lambda: live.line.ring.lost, 10, "the beginning is given up")
        live.desk.told.reset()
        live.tell("add a task to buy oat milk")
        live.desk.faults.set("openai-realtime", "cut")
        await live.until(lambda: live.stack == "economy", 5, "economy serves")
        await speaking
        await live.heard()
        await live.quiet()
        assert "Did you want to add a task to buy oat milk?" in live.ours()
        assert await live.titles() == []
        await live.turn("Yes")
        assert await live.titles() == ["buy oat milk"]
