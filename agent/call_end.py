"""How a call ends: once, and where it is broken off with a word of why, by whatever serves or by a recording."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

from livekit import rtc

from agent import last_words
from agent.attributes import CallAttributes
from agent.ending import Ending
from agent.nothing_left import GivenUp
from agent.recording import play_recording
from agent.storyteller import Storyteller
from agent.tier_session import TierSession
from agent.written import write


class CallEnd:
    """The end of one call."""

    def __init__(
        self,
        room: rtc.Room,
        attributes: CallAttributes,
        story: Storyteller,
        *,
        session: Callable[[], TierSession],
        spawn: Callable[[Coroutine[Any, Any, None], str], None],
    ) -> None:
        self._room = room
        self._attributes = attributes
        self._story = story
        self._session = session
        self._spawn = spawn
        self.over: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        """Done when the call has ended; why."""

    def end(self, reason: Ending) -> None:
        """End it here; the first reason counts."""
        if not self.over.done():
            self._story.tell("ended", reason=reason)
            self.over.set_result(reason)

    async def break_off(self, line: str, *, reason: Ending) -> None:
        """End at once, with a word of why by whatever serves."""
        with contextlib.suppress(RuntimeError):  # a session that has ended is silent
            await last_words.say_and_end(self._session, line, lambda: self.end(reason), at_once=True)

    async def end_with(self, line: str, recording: str, *, reason: Ending) -> None:
        """Tell in writing and by a recording why the call ends. It ends also where the room takes neither."""
        try:
            try:
                await write(self._room, line)
            finally:
                await play_recording(self._room, recording)
        finally:
            self.end(reason)

    async def give_up(self, given_up: GivenUp) -> None:
        """Nothing may serve any more: whoever still does says so, else it is told in writing and by a recording."""
        parting = given_up.parting
        self._spawn(self._attributes.set_last_state(parting.state), "call.state")
        if given_up.is_served:
            await self.break_off(parting.line, reason=parting.ending)
        else:
            await self.end_with(parting.line, parting.recording, reason=parting.ending)
