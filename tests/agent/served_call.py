"""A call that is served without vendors: sessions that begin when a test lets them, and a caller whose tool is slow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from livekit.agents import llm

from agent.owed import Leftover, OwnLine
from agent.serving import Serving
from agent.tier_session import TierSession
from routing.decision import Cause, Decision
from tiers.catalogue import STACKS, Stack
from tiers.faults import Fault
from tiers.watch import Failure


class Session:
    """A session without vendors. It begins when a test lets it, and owes what a test says."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.history = llm.ChatContext.empty()
        self.tools: list[llm.Tool] = []
        self.owes_answer = False
        self.owes, self.is_quiet, self.waits_for_turn = False, True, False
        self.session = self
        self.asked, self.begins, self.replied = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.broken_off = self.closed = self.is_closing = False
        self.on_thought: Callable[[], None] = lambda: None
        self.speaks: Callable[[], None] = lambda: None
        self.tells: dict[str, Callable[[Any], None]] = {}
        self.instructions = ""
        self.is_told, self.takes_instructions = asyncio.Event(), True

    def on(self, event: str, callback: Callable[[Any], None]) -> None:
        self.tells[event] = callback

    def while_speaking(self, callback: Callable[[], None]) -> None:
        self.speaks = callback

    async def start(self, _line: Any, *, instructions: str, **_: Any) -> None:
        self.instructions = instructions

    async def prepare(self, *, chat_ctx: llm.ChatContext, instructions: str, **_: Any) -> None:
        self.history, self.instructions = chat_ctx, instructions
        self.asked.set()
        try:
            await self.begins.wait()
        except asyncio.CancelledError:
            self.broken_off = True
            raise

    def take(self, _line: Any) -> None: ...

    def change(self, stack: Stack) -> Any:
        if self.is_closing:
            raise RuntimeError("AgentSession isn't running")
        self.stack = stack
        return SimpleNamespace(arguments={}, aclose=self.remember)

    async def instruct(self, instructions: str) -> bool:
        if self.takes_instructions:
            self.instructions = instructions
        self.is_told.set()
        return self.takes_instructions

    async def is_reached(self) -> bool:
        return True

    async def leave(self) -> Leftover:
        return Leftover(self.history, self.owes_answer, broken_off=self.broken_off)

    async def remember(self, *items: llm.ChatItem) -> None:
        self.history.items.extend(items)

    def reply(self) -> None:
        if self.closed:
            raise RuntimeError("it is closed")
        self.replied.set()

    def say(self, text: str, **_: Any) -> None:
        raise AssertionError(f"«{text}» is not what is owed")

    def was_broken_off(self, line: OwnLine) -> None:
        self.broken_off = line

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

    def swapped(self, _session: Any) -> None: ...


class Told:
    """A router that wants nothing else, whatever fails: something better is its choice already."""

    def __init__(self) -> None:
        self.failures: list[tuple[str, Fault]] = []

    def failed(self, service: str, fault: Fault) -> None:
        self.failures.append((service, fault))

    def worked(self, service: str) -> None: ...


class Served:
    """A call that is served, and the sessions that were made for it."""

    def __init__(self, *, tells: Told | None = None, better_after: float = 0.0) -> None:
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
            stack_of=lambda decision: STACKS[decision.stack] if decision.stack is not None else None,
            show=show,
            hold=hold,
            tells=tells,
            better_after_seconds=better_after,
        )

    async def begin(self, instructions: Callable[[], str] = str) -> None:
        conversation: Any = self.conversation
        await self.serving.start(conversation, instructions=instructions, tools=[])
        self.sessions[0].history.add_message(role="user", content="Add a task")

    async def moves(self, cause: Cause, stack: str = "premium") -> Session:
        """Have the router want another stack; gives its session when it is asked to begin."""
        known = len(self.sessions)
        self.serving.follow(decision(stack), cause)
        return await self.asked(known)

    async def asked(self, number: int) -> Session:
        """Wait until a session is asked to begin: the first is number 0."""
        async with asyncio.timeout(10):
            while len(self.sessions) <= number:
                await asyncio.sleep(0.01)
            await self.sessions[number].asked.wait()
        return self.sessions[number]

    async def is_served_by(self, session: Session) -> None:
        """Let it begin, and wait until it serves."""
        session.begins.set()
        self.conversation.tool_ends.set()
        async with asyncio.timeout(10):
            while self.serving.session is not session:
                await asyncio.sleep(0.01)

    async def waits_for_its_tool(self) -> Session:
        """Have a successor that owes an answer begin, and wait for what the tool gives."""
        self.sessions[0].owes_answer = True
        successor = await self.moves(Cause.VENDOR)
        successor.begins.set()
        await asyncio.wait_for(self.conversation.is_waited_for.wait(), 5)
        return successor


def decision(stack: str) -> Decision:
    return Decision.model_construct(stack=stack, without=())
