"""What models called of the tools, in the present turn and lately, and what came of it, as a history holds it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from livekit.agents import llm

from agent.requests import SAME_REQUEST_SECONDS
from mcp_tasks.client import ToolOutcome


class _Asked(NamedTuple):
    """A call of a model's and its run, which goes on when the model's session ends."""

    call: llm.FunctionCall
    task: asyncio.Task[ToolOutcome]
    turn: int


class Called:
    """The calls of one call's models. `told` gives of a tool's run that is over what a model reads, and whether it failed."""

    def __init__(
        self, turn: Callable[[], int], told: Callable[[str, asyncio.Task[ToolOutcome]], tuple[str, bool]]
    ) -> None:
        self._turn = turn
        self._told = told
        self._asked: list[_Asked] = []

    def add(self, call: llm.FunctionCall, task: asyncio.Task[ToolOutcome], *, turn: int) -> None:
        """A model called a tool, which runs. What is over and was called longer ago is forgotten."""
        since = time.time() - SAME_REQUEST_SECONDS
        self._asked = [
            each
            for each in self._asked
            if each.turn == turn or not each.task.done() or each.call.created_at > since
        ]
        self._asked.append(_Asked(call, task, turn))

    @property
    def is_running(self) -> bool:
        """Whether something runs still that was called in this turn."""
        return any(not each.task.done() for each in self._now())

    async def unfinished(self) -> list[llm.ChatItem]:
        """Wait for what was called in this turn; the calls and outputs as a history holds them."""
        if asked := self._now():
            await asyncio.wait({each.task for each in asked})
        return self.done()

    def done(self) -> list[llm.ChatItem]:
        """What was done of that which was called in this turn, without what still runs."""
        return self._done(self._now())

    def done_earlier(self) -> list[llm.ChatItem]:
        """The same of earlier turns, of the last 30 s: the caller may have talked on before a model heard of it."""
        since = time.time() - SAME_REQUEST_SECONDS
        return self._done(
            each for each in self._asked if each.turn != self._turn() and each.call.created_at > since
        )

    def _now(self) -> list[_Asked]:
        return [each for each in self._asked if each.turn == self._turn()]

    def _done(self, asked: Iterable[_Asked]) -> list[llm.ChatItem]:
        items: list[llm.ChatItem] = []
        for call, task, _ in asked:
            if task.done():
                output, failed = self._told(call.name, task)
                items += [
                    call,
                    llm.FunctionCallOutput(
                        call_id=call.call_id, name=call.name, output=output, is_error=failed
                    ),
                ]
        return items
