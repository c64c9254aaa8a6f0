"""A mind or a voice that fails in the middle of an answer, and the wait for the one that takes its place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from livekit.agents import APIError

from agent.turn_marks import TurnMarks
from tiers.diagnosis import classify
from tiers.faults import Fault
from tiers.vendor_watch import VendorWatch
from tiers.watch import Failure

CHANGE_SECONDS: Final = 2.0
"""How long a part that failed waits for its successor."""
BUSY_SECONDS: Final = 1.0
"""How long a vendor that limits our rate is left alone before it is asked once more."""


class SpareParts:
    """What an agent asks where a part of its session fails. `has_left`: whether the session was replaced."""

    def __init__(self, watch: VendorWatch, has_left: Callable[[], bool], marks: TurnMarks) -> None:
        self._watch = watch
        self._marks = marks
        self._has_left = has_left
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """Hear that other models serve from now on."""
        self._changed.set()

    def on_ask(self) -> None:
        """A language model is asked."""
        self._marks.mark("asked", again=True)

    def on_thought(self) -> None:
        """A language model has begun to answer."""
        self._marks.mark("thought")
        self._watch.worked("llm")

    def on_sound(self) -> None:
        """A voice has begun to speak."""
        self._marks.mark("sound")
        self._watch.worked("tts")

    def on_reply(self) -> None:
        """A model that speaks has begun to."""
        self._marks.mark("sound")

    def thought_patience(self) -> float:
        """How long a language model may be silent, seconds."""
        return self._watch.thought_patience

    def sound_patience(self) -> float:
        """How long a voice may be silent, seconds."""
        return self._watch.sound_patience

    async def another_mind(self, error: APIError, attempt: int) -> bool:
        """A language model failed; whether asking again helps."""
        fault = classify(error)
        if fault.remedy == "stop" or self._has_left():
            return False
        if fault is Fault.VENDOR_BUSY and attempt == 0:
            await asyncio.sleep(BUSY_SECONDS)
            return True
        return await self._another("llm", fault, type(error).__name__)

    async def another_voice(self, error: APIError, attempt: int) -> bool:
        """A voice failed; whether another one can go on."""
        return not self._has_left() and await self._another("tts", classify(error), type(error).__name__)

    def voice_trouble(self) -> APIError | None:
        """An error of the voice that its plugin took for an end, given once."""
        return self._watch.voice_trouble()

    async def _another(self, part: Any, fault: Fault, what: str) -> bool:
        """Tell that a part failed, and wait until another one has its place."""
        failed = self._watch.part(part)
        self._changed.clear()
        self._watch.fail(Failure(failed.service, fault, what))
        try:
            async with asyncio.timeout(CHANGE_SECONDS):
                while not self._has_left() and self._watch.part(part) == failed:
                    await self._changed.wait()
                    self._changed.clear()
        except TimeoutError:
            return False
        return not self._has_left()
