"""One answer of a voice as a stand-in sends it: sentence by sentence on one time line, and broken off when a fault says so."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sandbox.cartesia_context import BREAK_SECONDS, CHUNK_SECONDS, BrokenOffError
from sandbox.cartesia_sound import sentences, spoken
from sandbox.desk import Desk


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and its sound; `start` and `end` in seconds of the answer."""

    text: str
    start: float
    end: float
    pcm: NDArray[np.int16]


class Speaking:
    """Speaks the texts of one answer with the desk's voice, pcm16 mono at `sample_rate`.

    `fault` is what the answer meets after some sound, None for a good one.
    """

    def __init__(self, desk: Desk, service: str, sample_rate: int, fault: str | None = None) -> None:
        self._desk = desk
        self._service = service
        self._rate = sample_rate
        self._fault = fault
        self._samples = 0
        self._sent = 0
        self.began = False

    async def sentences(self, text: str) -> AsyncIterator[Sentence]:
        """The sentences of a text, each when its sound is there. Raises what the voice raises."""
        for sentence in sentences(text):
            if not self.began:
                self.began = True
                await self._desk.pause("tts", self._service)
            pcm = await spoken(self._desk.voice, sentence, self._rate)
            start, self._samples = self._samples, self._samples + len(pcm)
            yield Sentence(sentence, start / self._rate, self._samples / self._rate, pcm)

    async def pieces(self, sentence: Sentence) -> AsyncIterator[NDArray[np.int16]]:
        """The sound of a sentence in messages. Raises BrokenOffError where the fault shows."""
        step = round(CHUNK_SECONDS * self._rate)
        for first in range(0, len(sentence.pcm), step):
            await self._desk.faults.silence(self._service)
            piece = sentence.pcm[first : first + step]
            left = round(BREAK_SECONDS * self._rate) - self._sent
            self._sent += len(piece)
            yield piece[:left] if self._fault else piece
            if self._fault and len(piece) >= left:
                self.break_off()

    async def end(self) -> None:
        """Everything was sent. Raises BrokenOffError when the fault has not shown yet, in so short an answer."""
        self.break_off()
        await self._desk.faults.silence(self._service)

    def break_off(self) -> None:
        """Raise BrokenOffError if the answer has a fault."""
        if self._fault is not None:
            raise BrokenOffError(self._fault)
