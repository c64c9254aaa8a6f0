"""The two ends of a swap as `agent.swap` takes them, and a better session that is made ready beside the old one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from livekit.agents import llm, utils

from agent.line import Line
from agent.owed import Leftover
from agent.pauses import LOOK_SECONDS
from agent.swap import paired
from agent.task_agent import Listener
from agent.tier_session import TierSession

log = logging.getLogger("agent.succession")

READY_SECONDS: Final = 5.0
"""How long a better session may take to be ready beside the one that serves."""
CLOSE_SECONDS: Final = 10.0
LOOKS: Final = 300
"""So often, half a minute, it is looked whether an answer still uses what was replaced; few last longer."""


class OnLine:
    """A session that begins on a line, or takes the line where it has begun already."""

    def __init__(
        self,
        session: TierSession,
        line: Line,
        instructions: str,
        tools: list[llm.Tool],
        listener: Listener,
        *,
        ready: bool,
    ) -> None:
        self._session = session
        self._line = line
        self._instructions = instructions
        self._tools = tools
        self._listener = listener
        self._ready = ready

    async def begin(self, history: llm.ChatContext) -> None:
        """Take the line and go on from this conversation."""
        if self._ready:
            self._session.take(self._line)
            return
        await self._session.prepare(
            instructions=self._instructions,
            tools=self._tools,
            listener=self._listener,
            chat_ctx=history,
            line=self._line,
        )


@dataclass(frozen=True)
class Left:
    """A session that left when the call was parked."""

    leftover: Leftover

    async def leave(self) -> Leftover:
        """Say what is owed."""
        return self.leftover


async def close_later(closing: Coroutine[Any, Any, None]) -> None:
    """Close what a vendor may have killed already: why it died was told before, and nothing waits for it."""
    task = asyncio.ensure_future(closing)
    await asyncio.wait({task}, timeout=CLOSE_SECONDS)
    if not task.done():
        await utils.aio.cancel_and_wait(task)
    elif not task.cancelled() and (error := task.exception()) is not None:
        log.info("serving.closed_badly", extra={"error": type(error).__name__})


async def close_when_unused(
    close: Callable[[], Coroutine[Any, Any, None]], is_used: Callable[[], bool]
) -> None:
    """Close parts that others have replaced, when no answer is thought or spoken with them any more.

    Closed in the middle of one, a voice ends without an error and its sentence with it, and a mind is taken for failed.
    """
    for _ in range(LOOKS):
        if not is_used():
            break
        await asyncio.sleep(LOOK_SECONDS)
    await close_later(close())


async def made_ready(
    new: TierSession, old: TierSession, *, instructions: str, listener: Listener, must_leave: asyncio.Event
) -> bool:
    """Have a better session ready beside the one that serves; False where it failed or there is no time for it."""
    preparing = asyncio.create_task(
        new.prepare(
            instructions=instructions, tools=old.tools, listener=listener, chat_ctx=paired(old.history)
        )
    )
    left = asyncio.create_task(must_leave.wait(), name="succession.must_leave")
    reaching = asyncio.create_task(_is_reached(new, preparing), name="succession.reach")
    reached = False
    try:
        await asyncio.wait({reaching, left}, return_when=asyncio.FIRST_COMPLETED)
        reached = reaching.done() and not must_leave.is_set() and reaching.result()
    finally:  # also where the move is called off
        await utils.aio.cancel_and_wait(left, reaching)
        if not reached:
            await utils.aio.cancel_and_wait(preparing)
    if not reached:
        log.warning("serving.better_not_ready", extra={"stack": new.stack.name})
    return reached


async def _is_reached(session: TierSession, preparing: asyncio.Task[None]) -> bool:
    """Whether a session has begun in time and its vendor has answered."""
    await asyncio.wait({preparing}, timeout=READY_SECONDS)
    begun = preparing.done() and not preparing.cancelled() and preparing.exception() is None
    return begun and await session.is_reached()
