"""Interim words whose speaker has fallen silent: an answer to them may be begun.

An ear waits for a pause before it calls its words final. What it wrote before that may be all of them, and the detector of
speech hears as early as it that nobody goes on. livekit begins an answer to words that it takes for «preflight», and keeps
it where the final ones are the same. adr/0040 has what it gains.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable
from dataclasses import replace
from typing import Final

from livekit.agents import stt

from tiers.end_of_turn import EndOfTurn
from tiers.open_ends import Ending

HOLDS_SECONDS: Final = 0.1
"""Silence that is heard so long after interim words came is theirs: the detector takes some 0.07 s to be sure. Later, a word
more has been spoken."""


class EarlyWords:
    """The events of one ear, with interim words that are likely to be all turned into early ones.

    `may_begin`: whether an answer would be begun now. livekit begins none twice to the same words, so that early ones to
    which it begins none would leave the final ones without.
    """

    def __init__(
        self,
        end_of_turn: EndOfTurn,
        may_begin: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._end_of_turn = end_of_turn
        self._may_begin = may_begin
        self._clock = clock
        self._events: asyncio.Queue[stt.SpeechEvent | None] = asyncio.Queue()
        self._held: tuple[stt.SpeechEvent, float] | None = None

    async def among(self, events: AsyncIterable[stt.SpeechEvent]) -> AsyncIterator[stt.SpeechEvent]:
        """Pass the events of an ear on. Raises what the ear raises."""
        self._end_of_turn.on_quiet = self._fell_quiet
        reading = asyncio.create_task(self._read(events), name="early_words")
        try:
            while (event := await self._events.get()) is not None:
                yield event
            await reading
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _read(self, events: AsyncIterable[stt.SpeechEvent]) -> None:
        try:
            async for event in events:
                self._events.put_nowait(self._taken(event))
        finally:
            self._events.put_nowait(None)

    def _taken(self, event: stt.SpeechEvent) -> stt.SpeechEvent:
        if not event.alternatives:
            return event
        self._held = None
        if event.type is stt.SpeechEventType.INTERIM_TRANSCRIPT and self._may_be_all(event):
            if self._end_of_turn.is_quiet and self._may_begin():
                return _early(event)
            self._held = event, self._clock()
        return event

    def _fell_quiet(self) -> None:
        held, self._held = self._held, None
        if held is not None and self._clock() - held[1] <= HOLDS_SECONDS and self._may_begin():
            self._events.put_nowait(_early(held[0]))

    def _may_be_all(self, event: stt.SpeechEvent) -> bool:
        text = event.alternatives[0].text
        return bool(text.strip()) and self._end_of_turn.ending_with(text) is Ending.WHOLE


def _early(event: stt.SpeechEvent) -> stt.SpeechEvent:
    return replace(event, type=stt.SpeechEventType.PREFLIGHT_TRANSCRIPT)
