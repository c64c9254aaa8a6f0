"""Replacing the session that serves a call, while the caller talks on.

The old session falls silent and lets go of the line; the new one takes the line with the conversation so far and hears
everything that nobody has answered yet, in one burst. What the old one owed (an answer, the rest of a sentence) the
caller of this module has the new one pay. adr/0015 has the reasons, the order and the measurements.

Knows sessions and lines, and nothing of tasks.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from livekit.agents import llm

from agent.owed import Leftover


class Leaves(Protocol):
    """A session as a swap sees it at its end."""

    async def leave(self) -> Leftover:
        """Fall silent, let go of the line, say what is owed."""


class Begins(Protocol):
    """A session as a swap sees it at its start, on the line."""

    async def begin(self, history: llm.ChatContext) -> None:
        """Take the line and go on from this conversation."""


@dataclass(frozen=True)
class Swapped:
    """A swap that is done. `seconds` is our own time between two sessions: nobody had the line."""

    leftover: Leftover
    seconds: float
    starting: asyncio.Task[None]
    """The successor's start: it has the line already, and may still be dialling."""


class SuccessorFailedError(Exception):
    """The new session did not begin; the line has no session."""


async def swap(old: Leaves, new: Begins, *, owed: Leftover | None = None) -> Swapped:
    """Let `old` leave and `new` begin. `owed`: what was left by a session before, and `old` has not paid.

    Raises SuccessorFailedError when the new one could not even take the line.
    """
    leftover = (await old.leave()).after(owed)
    freed = time.perf_counter()
    history = paired(leftover.history)
    starting = asyncio.create_task(new.begin(history), name="swap.begin")
    try:
        await asyncio.sleep(0)  # it takes the line before it waits for anything
    except asyncio.CancelledError:
        starting.cancel()
        raise
    seconds = time.perf_counter() - freed
    if starting.done() and (error := starting.exception()) is not None:
        raise SuccessorFailedError from error
    return Swapped(replace(leftover, history=history), seconds, starting)


def paired(history: llm.ChatContext, *more: llm.ChatItem) -> llm.ChatContext:
    """Give a conversation in which every call of a tool has its output, once: no model takes another.

    `more` are pairs to be added where they are missing.
    """
    items: list[llm.ChatItem] = []
    known = {item.call_id for item in history.items if isinstance(item, llm.FunctionCallOutput)}
    seen: set[tuple[type, str]] = set()
    for item in [*history.items, *_missing(more, known)]:
        if isinstance(item, llm.FunctionCall | llm.FunctionCallOutput):
            if (type(item), item.call_id) in seen:
                continue
            seen.add((type(item), item.call_id))
        items.append(item)
    calls = {item.call_id for item in items if isinstance(item, llm.FunctionCall)}
    outputs = {item.call_id for item in items if isinstance(item, llm.FunctionCallOutput)}
    whole = calls & outputs
    return llm.ChatContext(
        [
            item
            for item in items
            if not isinstance(item, llm.FunctionCall | llm.FunctionCallOutput) or item.call_id in whole
        ]
    )


def with_earlier(history: llm.ChatContext, pairs: Iterable[llm.ChatItem]) -> llm.ChatContext:
    """Put what is missing of earlier turns' tools before what the caller said last: that is what is to be answered."""
    known = {item.call_id for item in history.items if isinstance(item, llm.FunctionCallOutput)}
    items = list(history.items)
    said = [place for place, item in enumerate(items) if item.type == "message" and item.role == "user"]
    place = said[-1] if said else len(items)
    return llm.ChatContext([*items[:place], *_missing(pairs, known), *items[place:]])


def _missing(items: Iterable[llm.ChatItem], known: set[str]) -> list[llm.ChatItem]:
    return [
        item
        for item in items
        if not isinstance(item, llm.FunctionCall | llm.FunctionCallOutput) or item.call_id not in known
    ]
