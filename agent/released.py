"""What one yes released: carried out one after the other to its end, whatever becomes of the session that asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from livekit.agents import llm, utils

from agent import persona
from agent.carried_out import told
from agent.gate import Action
from agent.tool_server import error_output
from mcp_tasks.client import TaskServerUnavailable, ToolOutcome


class Runs(Protocol):
    """The tools of the call."""

    is_closed: bool

    async def run(self, tool: str, arguments: Mapping[str, Any], *, turn: int) -> ToolOutcome:
        """Run one to its end."""

    def as_history(self, runs: Sequence[tuple[Action, ToolOutcome]]) -> list[llm.ChatItem]:
        """Give runs as a history holds them."""

    def unavailable(self, tool: str, error: TaskServerUnavailable) -> str:
        """Say that a tool's server was not there."""


class Released:
    """One task for all of it: who waits for it may be cancelled, and what follows the first action is done all the same."""

    def __init__(self, tools: Runs, actions: Sequence[Action], *, turn: int) -> None:
        self._tools = tools
        self._actions = actions
        self._runs: list[tuple[Action, ToolOutcome]] = []
        self._failed: TaskServerUnavailable | None = None
        self.done: list[llm.ChatItem] = []
        """What was done, as calls and outputs for a history."""
        self.is_told = False
        """A session knows of it, and says how it went."""
        self.task = asyncio.create_task(self._run(turn), name="tools.released")

    async def over(self) -> None:
        """Wait until all of it is done, or the rest is not to be."""
        await asyncio.shield(self.task)

    @property
    def line(self) -> str | None:
        """What is said of it; None where that is left to the model."""
        if self._failed is not None:
            begun = len(self._runs) + 1
            said = [told(self._runs), self._tools.unavailable(self._actions[begun - 1].tool, self._failed)]
            return " ".join(
                filter(None, [*said, persona.REST_NOT_DONE if begun < len(self._actions) else ""])
            )
        if any(outcome.is_error for _, outcome in self._runs):
            return None
        rest = persona.REST_NOT_DONE if self.task.done() and len(self._runs) < len(self._actions) else ""
        return " ".join(filter(None, [told(self._runs), rest]))

    def for_successor(self) -> list[llm.ChatItem]:
        """What another worker's model is to know of it, and tell: also what was not done, and what nobody knows of."""
        if self.is_told:
            return []
        items, first = list(self.done), len(self._runs)
        for place, action in enumerate(self._actions[first:], first):
            text = persona.REST_NOT_DONE
            if place == first and (self._failed is not None or not self.task.done()):
                error = self._failed or TaskServerUnavailable("It runs still.", may_have_happened=True)
                text = self._tools.unavailable(action.tool, error)
            call_id = utils.shortuuid("call_")
            items += [
                llm.FunctionCall(
                    call_id=call_id, name=action.tool, arguments=json.dumps(dict(action.arguments))
                ),
                llm.FunctionCallOutput(
                    call_id=call_id,
                    name=action.tool,
                    output=error_output("unavailable", text),
                    is_error=True,
                ),
            ]
        return items

    async def _run(self, turn: int) -> None:
        for action in self._actions:
            if self._tools.is_closed:
                return  # another worker answers, and is told that the rest was not done
            try:
                outcome = await self._tools.run(action.tool, action.arguments, turn=turn)
            except TaskServerUnavailable as error:
                self._failed = error
                return
            self._runs.append((action, outcome))
            self.done += self._tools.as_history([(action, outcome)])
