"""A caller who is asked whether a task is to be deleted, without a server and without a room."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Coroutine, Sequence
from types import SimpleNamespace
from typing import Any

from livekit.agents import llm

from agent.gate import Action, Gate
from agent.questions import Questions
from agent.released import Released
from mcp_tasks.client import TaskServerUnavailable, ToolOutcome

DONE = ToolOutcome({"changed": True}, is_error=False, code=None, text="{}")


class Session:
    """Speaks into a list, as long as it serves."""

    keeps_spoken_turns = True

    def __init__(self, *, serves: bool = True) -> None:
        self.serves = serves
        self.said: list[str] = []
        self.speeches: list[Speech] = []
        self.history = llm.ChatContext.empty()
        self.takes_history = True
        self.turns_taken = 0

    def say(self, text: str, *, owed: bool = True) -> Speech:
        if not self.serves:
            raise RuntimeError("it is draining")
        self.said.append(text)
        self.speeches.append(Speech(text))
        return self.speeches[-1]

    async def remember(self, *items: llm.ChatItem) -> None:
        self.history.items.extend(items)
        if not self.takes_history:
            raise llm.RealtimeError("its socket is dead")

    async def hush(self) -> None:
        if not self.serves:
            raise RuntimeError("it has ended")
        for speech in self.speeches:
            speech.interrupt()

    def on_turn_taken(self) -> None:
        self.turns_taken += 1

    def think_ahead(self, _allowed: bool) -> None: ...


class Speech:
    """Is played to its end when a test says so."""

    def __init__(self, text: str) -> None:
        self.over = asyncio.Event()
        self.interrupted = False
        self._text = text

    def interrupt(self) -> None:
        """Break it off in its first word, unless it is over."""
        if not self.over.is_set():
            self.interrupted = True
            self.over.set()

    def exception(self) -> None:
        return None

    @property
    def chat_items(self) -> list[llm.ChatItem]:
        return [] if self.interrupted else [llm.ChatMessage(role="assistant", content=[self._text])]

    async def wait_for_playout(self) -> None:
        await self.over.wait()


class Tools:
    """A server that goes away before its nth call."""

    def __init__(self, away_at: int = -1) -> None:
        self._away_at = away_at
        self.ran, self.is_closed = 0, False
        self.released: list[Released] = []
        self.on_run: Callable[[], None] = lambda: None

    async def run(self, _tool: str, _arguments: Any, *, turn: int) -> ToolOutcome:
        self.on_run()
        if self.ran == self._away_at:
            raise TaskServerUnavailable("away", may_have_happened=False)
        self.ran += 1
        return DONE

    def carry_out(self, actions: Sequence[Action], *, turn: int) -> Released:
        self.released.append(Released(self, actions, turn=turn))
        return self.released[-1]

    def as_history(self, runs: Any) -> list[llm.ChatItem]:
        return [
            llm.FunctionCall(call_id=action.arguments["task_id"], name=action.tool, arguments="{}")
            for action, _ in runs
        ]

    def unavailable(self, _tool: str, _error: TaskServerUnavailable) -> str:
        return "It is away."


class Asked:
    """A caller who is asked whether a task is to be deleted; another session may come to serve the call."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.gate, self.tools = Gate(clock), Tools()
        self.session = Session()
        self.work: list[asyncio.Task[Any]] = []

        self.card: list[dict[str, Any]] = []
        """What the caller's page was sent."""
        self.closed = asyncio.Event()
        self.send: Callable[[], Coroutine[Any, Any, None]] | None = None

        async def send_text(text: str, **_: Any) -> None:
            if self.send is not None:
                await self.send()
            self.card.append(json.loads(text))

        room: Any = SimpleNamespace(local_participant=SimpleNamespace(send_text=send_text))
        tools: Any = self.tools
        self.questions = Questions(
            room,
            self.gate,
            tools,
            caller_identity="caller",
            session=lambda: self.session,  # type: ignore[arg-type, return-value]
            begin_turn=lambda _by: 2,
            spawn=lambda work, _name: self.work.append(asyncio.create_task(work)),
            on_closed=lambda *_: self.closed.set(),
        )
        self.pending = self.gate.ask(Action("delete_task", {"task_id": "1"}, ("Buy milk",)), turn=1)

    def replace(self) -> None:
        """The session is left; its successor is still dialling."""
        self.session.serves = False
        self.session = Session(serves=False)

    async def done(self) -> None:
        """Wait for what goes on in the background."""
        async with asyncio.timeout(5):
            while running := [each for each in self.work if not each.done()]:
                await asyncio.gather(*running)

    def remembered(self) -> list[str]:
        """The calls that the session that serves knows of."""
        return [item.call_id for item in self.session.history.items if isinstance(item, llm.FunctionCall)]
