"""What is said of actions that the caller released while a server goes away."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import pytest

from agent.gate import Action, Gate
from agent.persona import REST_NOT_DONE
from agent.questions import Questions
from mcp_tasks.client import TaskServerUnavailable, ToolOutcome

pytestmark = pytest.mark.unit

TITLES = ("Buy milk", "Buy bread", "Buy eggs")
DONE = ToolOutcome({"changed": True}, is_error=False, code=None, text="{}")


class Session:
    """Speaks into a list."""

    keeps_spoken_turns = True

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    async def remember(self, *_: Any) -> None: ...

    def think_ahead(self, _allowed: bool) -> None: ...


class Tools:
    """A server that goes away before its nth call."""

    def __init__(self, away_at: int) -> None:
        self._away_at = away_at
        self.ran = 0

    async def run(self, _tool: str, _arguments: Any, *, turn: int) -> ToolOutcome:
        if self.ran == self._away_at:
            raise TaskServerUnavailable("away", may_have_happened=False)
        self.ran += 1
        return DONE

    def as_history(self, _runs: Any) -> list[Any]:
        return []

    def unavailable(self, _tool: str, _error: TaskServerUnavailable) -> str:
        return "It is away."


async def said_when_away(at: int) -> str:
    """What the caller hears when the server goes away before the nth of three deletions."""
    gate, session = Gate(), Session()

    def spawn(work: Coroutine[Any, Any, Any], _name: str) -> None:
        work.close()

    tools: Any = Tools(at)
    room: Any = None
    questions = Questions(
        room,
        gate,
        tools,
        caller_identity="caller",
        session=lambda: session,  # type: ignore[arg-type, return-value]
        begin_turn=lambda _by: 2,
        spawn=spawn,
    )
    for title in TITLES:
        pending = gate.ask(Action("delete_task", {"task_id": title}, (title,)), turn=1)
    gate.played(pending.id)
    assert await questions.take_turn("Yes.", turn=2, by="voice")
    (said,) = session.said
    return said


async def test_what_was_done_before_is_said_and_so_is_that_the_rest_was_not() -> None:
    assert await said_when_away(1) == f'I\'ve deleted "Buy milk". It is away. {REST_NOT_DONE}'


async def test_where_nothing_is_left_no_rest_is_spoken_of() -> None:
    assert await said_when_away(2) == 'I\'ve deleted "Buy milk" and "Buy bread". It is away.'
