"""The desk's ear as the connections of a listening stand-in share it."""

import asyncio
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sandbox.desk import Desk
from tiers.local.speech import SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Guess:
    """What an utterance may have been."""

    text: str
    confidence: float


class SharedEar:
    """The desk's ear, used by all connections of the stand-in; knows whether it is at work."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._at_work = 0

    @property
    def busy(self) -> bool:
        """Whether somebody is being heard now."""
        return self._at_work > 0

    async def hear(self, pcm: NDArray[np.int16], *, told: bool = False) -> Guess:
        """The words in it. Never faster than the latency profile's vendor. `told`: they are told, and nobody listens."""
        ear = self._desk.ear
        if ear is None or told:
            await self._desk.pause("stt")
            return Guess("", 1.0)
        self._at_work += 1
        try:
            heard, _ = await asyncio.gather(ear.transcribe(pcm, SAMPLE_RATE), self._desk.pause("stt"))
        finally:
            self._at_work -= 1
        return Guess(heard.text, 1 - heard.no_speech)
