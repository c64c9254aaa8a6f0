"""An ear beside a speech-to-speech model: it writes down each turn of the caller, whole, once the turn is over.

For models that tell the caller's words only with their answer: whether a caller said yes has to be known before one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from livekit import rtc
from livekit.agents import stt

from tiers.ear import Ear

LATE_SECONDS: Final = 1.5
"""How long after the end of a turn its last words may come."""


class TurnEar:
    """Hears what is pushed. `on_words` gets words as they come, `on_turn` a turn's words when it was committed."""

    def __init__(
        self,
        recogniser: stt.STT[Any],
        *,
        on_words: Callable[[str, bool], None],
        on_turn: Callable[[str], None],
    ) -> None:
        self._ear = Ear(recogniser, on_words=self._take)
        self._on_words = on_words
        self._on_turn = on_turn
        self._finals: list[str] = []
        self._interim = ""
        self._turn: asyncio.Future[str] | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def push(self, frame: rtc.AudioFrame) -> None:
        """Hear some more; nothing is heard any more where the ear has failed."""
        self._ear.push(frame)

    def begin(self) -> None:
        """The caller begins to speak: what came after the last turn was over is a part of no turn."""
        if self._turn is not None and self._turn.done():
            self._turn, self._interim = None, ""
            self._finals.clear()

    def commit(self) -> None:
        """The turn is over: its words are given at once, or when the last of them are there."""
        self._settle()
        self._turn = asyncio.get_running_loop().create_future()
        if self._finals and not self._interim:
            self._settle()
            return
        self._ear.flush()
        self._deadline = asyncio.get_running_loop().call_later(LATE_SECONDS, self._settle)

    async def words(self, within: float) -> str:
        """The words of the turn that was committed last; empty where nobody wrote them down in so many seconds."""
        if (turn := self._turn) is None:  # the caller may begin another one while we wait
            return ""
        done, _ = await asyncio.wait({turn}, timeout=within)
        return turn.result() if done else ""

    async def aclose(self) -> None:
        """Hear nothing more."""
        if self._deadline is not None:
            self._deadline.cancel()
        await self._ear.aclose()

    @property
    def _so_far(self) -> str:
        return " ".join([*self._finals, *([self._interim] if self._interim else [])])

    def _take(self, text: str, final: bool) -> None:
        if not final:
            self._interim = text
            self._on_words(self._so_far, False)
            return
        self._interim = ""
        if text:
            self._finals.append(text)
            self._on_words(self._so_far, True)
        if self._finals:
            self._settle()

    def _settle(self) -> None:
        """Give the words of a turn that is over, once."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if self._turn is None or self._turn.done():
            return
        text = self._so_far
        self._finals.clear()
        self._interim = ""
        self._turn.set_result(text)
        self._on_turn(text)
