"""What a caller hears at once whose worker died: a recording, while their new one's models and voice still start."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from livekit import rtc
from livekit.agents import utils

from agent import persona
from agent.recording import play_recording
from agent.written import write

log = logging.getLogger("agent.cut_off")

LONGEST_SECONDS: Final = 6.0
"""The recording takes 2.5; a room that does not take it must not keep us from speaking ourselves."""


class CutOff:
    """Begins to say that we were cut off as soon as it is made, in sound and in writing."""

    def __init__(self, room: rtc.Room) -> None:
        self._saying = asyncio.create_task(_say(room), name="cut_off.say")

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


async def _say(room: rtc.Room) -> None:
    await asyncio.gather(play_recording(room, "cut_off"), write(room, persona.CUT_OFF_WAIT))
