"""A recogniser that writes what it is told to."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from livekit.agents import APIConnectionError, stt


class Stream:
    """A recogniser's stream that says what it is told to."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[stt.SpeechEvent | None] = asyncio.Queue()
        self.flushed = self.pushed = 0

    def stream(self, **_: Any) -> Stream:
        return self

    def __aiter__(self) -> Stream:
        return self

    async def __anext__(self) -> stt.SpeechEvent:
        if (event := await self.events.get()) is None:
            raise APIConnectionError("the ear is gone")
        return event

    def push_frame(self, _frame: Any) -> None:
        self.pushed += 1

    def flush(self) -> None:
        self.flushed += 1

    async def aclose(self) -> None: ...

    async def says(self, text: str, *, final: bool = True, ends: float = 0.0) -> None:
        """`ends`: where in the sound its last word ends, seconds."""
        kind = stt.SpeechEventType.FINAL_TRANSCRIPT if final else stt.SpeechEventType.INTERIM_TRANSCRIPT
        alternatives = [stt.SpeechData(language=cast("Any", "en"), text=text, end_time=ends)]
        self.events.put_nowait(stt.SpeechEvent(type=kind, alternatives=alternatives))
        await self._read()

    async def fails(self) -> None:
        self.events.put_nowait(None)
        await self._read()

    async def _read(self) -> None:
        while not self.events.empty():
            await asyncio.sleep(0)
        await asyncio.sleep(0)
