"""A mind or a voice that fails in the middle of an answer, and the wait for the one that takes its place."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from typing import Any, Final, TypeVar

from livekit.agents import APIError

from agent.kept_sounds import VoiceOpenings
from agent.openings import Sound
from agent.patiently import patiently
from agent.turn_marks import TurnMarks
from tiers.diagnosis import classify
from tiers.faults import Fault
from tiers.vendor_watch import VendorWatch
from tiers.watch import Failure

T = TypeVar("T")

CHANGE_SECONDS: Final = 2.0
"""How long a part that failed waits for its successor."""
BUSY_SECONDS: Final = 1.0
"""How long a vendor that limits our rate is left alone before it is asked once more."""


class SpareParts:
    """What an agent asks where a part of its session fails. `has_left`: whether the session was replaced."""

    def __init__(
        self, watch: VendorWatch, has_left: Callable[[], bool], marks: TurnMarks, openings: VoiceOpenings
    ) -> None:
        self._watch = watch
        self._openings = openings
        self._marks = marks
        self._has_left = has_left
        self.on_sound: Callable[[], None] = lambda: None
        """Called while a voice speaks."""
        self._changed = asyncio.Event()
        self._waited = 0.0
        """Seconds for which callers have waited for the language model since its last sign of life."""

    def changed(self) -> None:
        """Hear that other models serve from now on."""
        self._waited = 0.0
        self._openings.ask()
        self._changed.set()

    def on_ask(self) -> None:
        """A language model is asked."""
        self._marks.mark("asked", again=True)

    def on_thought(self) -> None:
        """A language model has begun to answer."""
        self._marks.mark("thought")
        self._watch.worked("llm")

    def openings(self) -> Mapping[str, Sound]:
        """The openings of answers that are kept of the voice that serves."""
        return self._openings.known()

    def is_timed(self) -> bool:
        """Whether the voice that serves gives its words times."""
        return self._openings.is_timed

    def on_opening(self, opening: str) -> None:
        """An answer begins with it; where it is kept, this is its first sound."""
        if (kept := self._openings.known().get(opening)) is not None:
            self._marks.opening(kept.seconds)
        self._openings.begins_with(opening)

    async def sounds(self, frames: AsyncIterable[T]) -> AsyncIterator[T]:
        """Pass what a voice says on."""
        async for frame in frames:
            self._marks.mark("sound")
            self._watch.worked("tts")
            self.on_sound()
            yield frame

    def on_reply(self) -> None:
        """A model that speaks has begun to."""
        self._marks.mark("sound")

    async def thoughts(self, chunks: AsyncIterable[T]) -> AsyncIterator[T]:
        """Pass an answer on. Raises APITimeoutError where the model is silent for too long.

        A caller who waits for nothing says it again, which is a new request: what was waited before it counts, or a
        silent model would never be left.
        """
        began, answered = time.monotonic(), False
        try:
            async for chunk in patiently(chunks, self._thought_patience):
                answered, self._waited = True, 0.0
                yield chunk
        finally:
            waited = time.monotonic() - began
            # An answer begun while the caller still spoke is given up soon, which says nothing about the model.
            if not answered and waited >= self._watch.thought_patience / 2:
                self._waited += waited

    def _thought_patience(self) -> float:
        """How long a language model may still be silent, seconds."""
        whole = self._watch.thought_patience
        return max(whole - self._waited, whole / 4)

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
