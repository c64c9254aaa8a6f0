"""An ear as livekit's plugins give it, read for whoever wants its words. One that fails writes nothing more."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from typing import Any, Final

from livekit import rtc
from livekit.agents import APIConnectOptions, APIError, stt

log = logging.getLogger("tiers.ear")

CONNECT: Final = APIConnectOptions(max_retry=1, retry_interval=0.1, timeout=3)


class Ear:
    """Hears what is pushed. `on_words(text, final)` gets each piece as it is written, `on_unheard` the end of it, and
    `on_failed` before that what the vendor ended it with.
    """

    def __init__(
        self,
        recogniser: stt.STT[Any],
        *,
        on_words: Callable[[str, bool], None],
        on_unheard: Callable[[], None] = lambda: None,
        on_failed: Callable[[APIError], None] = lambda _: None,
    ) -> None:
        self._stream = recogniser.stream(conn_options=CONNECT)
        self._on_words = on_words
        self._on_unheard = on_unheard
        self._on_failed = on_failed
        self._pushed = 0.0
        self._written_to = -math.inf
        self._reading = asyncio.create_task(self._read(), name="ear.read")

    @property
    def is_open(self) -> bool:
        """Whether it still hears."""
        return not self._reading.done()

    @property
    def behind(self) -> float:
        """Seconds of sound behind the last final word: what of it was speech is not written yet. Infinite before any."""
        return self._pushed - self._written_to

    def push(self, frame: rtc.AudioFrame) -> None:
        """Hear some more; nothing is heard any more where the ear has failed."""
        if self.is_open:
            self._pushed += frame.duration
            self._stream.push_frame(frame)

    def flush(self) -> None:
        """Ask for the words of what was pushed."""
        if self.is_open:
            self._stream.flush()

    async def aclose(self) -> None:
        """Hear nothing more."""
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        await self._stream.aclose()

    async def _read(self) -> None:
        try:
            async for event in self._stream:
                text = event.alternatives[0].text.strip() if event.alternatives else ""
                if event.type is stt.SpeechEventType.INTERIM_TRANSCRIPT and text:
                    self._on_words(text, False)
                elif event.type is stt.SpeechEventType.FINAL_TRANSCRIPT:
                    if text:
                        self._written_to = event.alternatives[0].end_time
                    self._on_words(text, True)
        except APIError as error:  # the message may repeat what was sent
            log.warning(
                "ear.lost",
                extra={"error": type(error).__name__, "status": getattr(error, "status_code", None)},
            )
            self._on_failed(error)
        except Exception as error:
            log.error("ear.failed", exc_info=error)
        self._on_unheard()
