"""What a caller hears at once whose worker died: a recording, while their new one's models and voice still start."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final

from livekit import rtc
from livekit.agents import utils

from agent import persona
from agent.recording import play_recording
from agent.written import write

log = logging.getLogger("agent.cut_off")

LONGEST_SECONDS: Final = 6.0
"""The recording takes 1.9; a room that does not take it must not keep us from speaking ourselves."""


BEGIN_SECONDS: Final = 2.0
"""How long the rest of a start waits for it: where many calls begin anew together each is to be heard first."""


class CutOff:
    """Begins to say that we were cut off as soon as it is made, in sound and in writing."""

    def __init__(self, room: rtc.Room) -> None:
        self._begun = asyncio.Event()
        self._saying = asyncio.create_task(_say(room, self._begun.set), name="cut_off.say")
        self._saying.add_done_callback(lambda _: self._begun.set())

    async def begun(self) -> None:
        """Wait until it is on its way to the caller, or cannot be; bounded in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BEGIN_SECONDS):
                await self._begun.wait()

    async def was_said(self) -> bool:
        """Wait until it was; False where it could not be."""
        await asyncio.wait({self._saying}, timeout=LONGEST_SECONDS)
        if not self._saying.done() or self._saying.cancelled():
            return False
        if (error := self._saying.exception()) is not None:
            log.warning("cut_off.not_said", extra={"error": type(error).__name__})
            return False
        return True

    async def aclose(self) -> None:
        """Say no more."""
        await utils.aio.cancel_and_wait(self._saying)


async def _say(room: rtc.Room, on_begun: Callable[[], None]) -> None:
    played, written = await asyncio.gather(
        play_recording(room, "cut_off", on_begun=on_begun),
        write(room, persona.CUT_OFF),
        return_exceptions=True,
    )
    if isinstance(written, Exception):
        log.warning("cut_off.not_written", extra={"error": type(written).__name__})
    if isinstance(played, Exception):
        raise played
