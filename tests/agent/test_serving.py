"""A move that is broken off leaves nothing open, and what is owed is not given to a session that was parked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from livekit.agents import llm

from agent.hold import THINKING_SECONDS
from agent.owed import Leftover
from agent.serving import Serving
from agent.tier_session import TierSession
from routing.decision import Cause, Decision
from tiers.catalogue import STACKS, Stack
from tiers.watch import Failure

pytestmark = pytest.mark.unit


class Session:
    """A session without vendors. It begins when a test lets it, and owes what a test says."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.history = llm.ChatContext.empty()
        self.tools: list[llm.Tool] = []
        self.owes_answer = False
        self.owes, self.is_quiet = False, True
        self.session = self
        self.asked, self.begins, self.replied = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.broken_off = self.closed = False
        self.on_thought: Callable[[], None] = lambda: None
        self.speaks: Callable[[], None] = lambda: None
        self.tells: dict[str, Callable[[Any], None]] = {}

    def on(self, event: str, callback: Callable[[Any], None]) -> None:
        self.tells[event] = callback

    def while_speaking(self, callback: Callable[[], None]) -> None:
        self.speaks = callback

    async def start(self, _line: Any, **_: Any) -> None: ...

    async def prepare(self, *, chat_ctx: llm.ChatContext, **_: Any) -> None:
        self.history = chat_ctx
        self.asked.set()
        try:
            await self.begins.wait()
        except asyncio.CancelledError:
            self.broken_off = True
            raise

    async def leave(self) -> Leftover:
        return Leftover(self.history, self.owes_answer)

    async def remember(self, *items: llm.ChatItem) -> None:
        self.history.items.extend(items)

    def reply(self) -> None:
        if self.closed:
            raise RuntimeError("it is closed")
        self.replied.set()

    def say(self, text: str) -> None:
        raise AssertionError(f"«{text}» is not what is owed")

    async def aclose(self) -> None:
        self.closed = True


class Conversation:
    """A caller who asked for something whose tool is slow."""

    def __init__(self) -> None:
        self.is_waited_for, self.tool_ends = asyncio.Event(), asyncio.Event()

    async def unfinished(self) -> list[llm.ChatItem]:
        self.is_waited_for.set()
        await self.tool_ends.wait()
        return [
            llm.FunctionCall(call_id="1", name="create_task", arguments="{}"),
            llm.FunctionCallOutput(call_id="1", name="create_task", output="{}", is_error=False),
        ]

    def puts_question(self) -> bool:
        return False

    def is_busy(self) -> bool:
        return False

    def swapped(self, _session: Any, _cause: Cause) -> None: ...


class Served:
    """A call that is served, and the sessions that were made for it."""

    def __init__(self) -> None:
        self.sessions: list[Session] = []
        self.conversation = Conversation()

        def make(stack: Stack, _on_failure: Callable[[Failure], None]) -> TierSession:
            self.sessions.append(Session(stack))
            return self.sessions[-1]  # type: ignore[return-value]

        async def show(*_: Any) -> None: ...

        self.covered: list[float | str] = []

        async def nothing() -> None: ...

        hold: Any = SimpleNamespace(
            cover=lambda after=0.0: self.covered.append(after),
            end=lambda: self.covered.append("end"),
            aclose=nothing,
        )
        line: Any = SimpleNamespace(
            ring=SimpleNamespace(is_open=False, lost=False), keep=lambda: None, detach=lambda: None
        )
        self.serving = Serving(
            line,
            STACKS["economy"],
            make=make,
            stack_of=lambda decision: STACKS[decision.stack or ""],
            show=show,
            hold=hold,
            better_after_seconds=0,
        )

    async def begin(self) -> None:
        conversation: Any = self.conversation
        await self.serving.start(conversation, instructions="", tools=[])
        self.sessions[0].history.add_message(role="user", content="Add a task")

    async def moves(self, cause: Cause, stack: str = "premium") -> Session:
        """Have the router want another stack; gives its session when it is asked to begin."""
        known = len(self.sessions)
        self.serving.follow(decision(stack), cause)
        async with asyncio.timeout(10):
            while len(self.sessions) == known:
                await asyncio.sleep(0.01)
            await self.sessions[known].asked.wait()
        return self.sessions[known]

    async def waits_for_its_tool(self) -> Session:
        """Have a successor that owes an answer begin, and wait for what the tool gives."""
        self.sessions[0].owes_answer = True
        successor = await self.moves(Cause.VENDOR)
        successor.begins.set()
        await asyncio.wait_for(self.conversation.is_waited_for.wait(), 5)
        return successor


def decision(stack: str) -> Decision:
    return Decision.model_construct(stack=stack, without=())


@pytest.fixture
async def served() -> Served:
    served = Served()
    await served.begin()
    return served


async def test_a_better_session_that_is_not_ready_yet_is_closed_with_the_call(served: Served) -> None:
    better = await served.moves(Cause.HEALTH)
    await served.serving.aclose()
    assert better.broken_off
    assert better.closed


async def test_what_is_decided_before_a_call_begins_is_followed_when_it_has() -> None:
    served = Served()
    served.serving.follow(decision("premium"), Cause.VENDOR)
    await asyncio.sleep(0)
    assert not served.serving.given_up.done()
    assert len(served.sessions) == 1
    await served.begin()
    async with asyncio.timeout(5):
        while len(served.sessions) == 1:
            await asyncio.sleep(0.01)
        await served.sessions[1].asked.wait()
    assert served.sessions[1].stack.name == "premium"
    served.sessions[1].begins.set()
    served.conversation.tool_ends.set()
    await served.serving.aclose()
    assert not served.serving.given_up.done()


async def test_a_successor_is_closed_where_its_swap_is_broken_off(served: Served) -> None:
    leaves = asyncio.Event()

    async def leave() -> Leftover:
        leaves.set()
        await asyncio.Event().wait()
        raise AssertionError

    old = served.sessions[0]
    quick, old.leave = old.leave, leave  # type: ignore[method-assign]
    served.serving.follow(decision("premium"), Cause.VENDOR)
    await asyncio.wait_for(leaves.wait(), 5)
    old.leave = quick  # type: ignore[method-assign]
    await served.serving.aclose()
    assert served.sessions[1].closed


async def test_an_answer_is_owed_until_it_is_given_however_many_sessions_come_to_give_it(
    served: Served,
) -> None:
    async def no_tool() -> list[llm.ChatItem]:
        return []

    served.conversation.unfinished = no_tool  # type: ignore[method-assign]
    served.sessions[0].owes_answer = True
    dead = await served.moves(Cause.VENDOR)  # before it has begun, with the conversation in its hands
    last = await served.moves(Cause.VENDOR, "economy")
    last.begins.set()
    await asyncio.wait_for(last.replied.wait(), 5)
    assert not dead.replied.is_set()
    dead.begins.set()
    await served.serving.aclose()


async def test_a_call_that_is_over_follows_nobody(served: Served) -> None:
    await served.serving.aclose()
    served.serving.follow(decision("premium"), Cause.VENDOR)
    assert served.serving._moving is None
    assert len(served.sessions) == 1


async def test_what_a_tool_gives_after_a_swap_and_while_the_call_is_parked_is_told_when_the_caller_is_back(
    served: Served,
) -> None:
    successor = await served.waits_for_its_tool()
    await served.serving.park()
    served.conversation.tool_ends.set()
    await asyncio.gather(*served.serving._background)
    taking_up = asyncio.create_task(served.serving.take_up(decision("economy")))
    assert await asyncio.wait_for(taking_up, 5)
    last = served.sessions[-1]
    last.begins.set()
    await asyncio.wait_for(last.replied.wait(), 5)
    assert [item.call_id for item in last.history.items if isinstance(item, llm.FunctionCallOutput)] == ["1"]
    assert not successor.replied.is_set()
    await served.serving.aclose()


async def test_what_is_owed_when_a_call_is_handed_over_is_told_and_paid_by_nobody_here(
    served: Served,
) -> None:
    successor = await served.waits_for_its_tool()
    left = await served.serving.leave()
    assert left.owes_answer
    served.conversation.tool_ends.set()
    await asyncio.gather(*served.serving._background)
    assert not successor.replied.is_set()
    await served.serving.aclose()


async def test_a_tool_behind_an_opening_is_covered_as_the_wait_for_an_answer_is() -> None:
    served = Served()
    await served.begin()
    session = served.sessions[0]
    session.tells["agent_state_changed"](SimpleNamespace(old_state="speaking", new_state="thinking"))
    session.speaks()
    assert served.covered == [THINKING_SECONDS, "end"]
