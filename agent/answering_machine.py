"""Whether a machine picked up: a voicemail's greeting or a call screener's is long, a person's is a word.

LiveKit's own detection (`livekit.agents.AMD`) writes down what was said and asks a language model. Here nobody has
proved who they are, so what they say goes to no vendor; and nothing but the rule for trying again hangs on the answer,
since what is due is told to nobody who has not keyed a PIN. So length and pauses have to do; the bounds are LiveKit's.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import numpy as np
from livekit import rtc
from livekit.agents import utils

RATE: Final = 8_000
FRAME_SECONDS: Final = 0.02
PERSON_SECONDS: Final = 2.5
"""A person says less than this before waiting for an answer (AMD's human_speech_threshold)."""
PAUSE_SECONDS: Final = 0.5
"""After so long a silence somebody waits for an answer (AMD's human_silence_threshold)."""
LOUD: Final = 400.0
"""Root mean square of 16-bit sound that is speech on a telephone's line rather than its noise."""
BEEP_SECONDS: Final = 0.25
BEEP_SHARE: Final = 0.8
"""So much of a sound's energy is one tone in a beep, and in no speech for so long."""
BEEP_HERTZ: Final = (300.0, 2500.0)


class MachineDetector:
    """Hears sound piece by piece (16 bit, 8 kHz, mono) and makes up its mind."""

    def __init__(self) -> None:
        self.is_machine = False
        self._speech = self._silence = self._tone = 0.0

    def push(self, samples: np.ndarray) -> None:
        """Hear 20 ms."""
        if self.is_machine:
            return
        sound = samples.astype(np.float64)
        seconds = len(sound) / RATE
        if float(np.sqrt(np.mean(sound**2))) < LOUD:
            self._silence += seconds
            self._tone = 0.0
            if self._silence >= PAUSE_SECONDS:
                self._speech = 0.0
            return
        self._silence = 0.0
        self._speech += seconds
        self._tone = self._tone + seconds if _is_tone(sound) else 0.0
        self.is_machine = self._speech >= PERSON_SECONDS or self._tone >= BEEP_SECONDS


@asynccontextmanager
async def machine_listener(room: rtc.Room, identity: str, *, listens: bool) -> AsyncIterator[MachineDetector]:
    """Listen to a participant on the side; without `listens` nothing is heard and nobody is a machine."""
    detector = MachineDetector()
    participant = room.remote_participants.get(identity)
    if not listens or participant is None:
        yield detector
        return
    stream = rtc.AudioStream.from_participant(
        participant=participant,
        track_source=rtc.TrackSource.SOURCE_MICROPHONE,
        sample_rate=RATE,
        num_channels=1,
        frame_size_ms=round(1000 * FRAME_SECONDS),
    )

    async def listen() -> None:
        async for event in stream:
            detector.push(np.frombuffer(event.frame.data, np.int16))

    listening = asyncio.create_task(listen(), name="machine.listen")
    try:
        yield detector
    finally:
        await utils.aio.cancel_and_wait(listening)
        await stream.aclose()


def _is_tone(sound: np.ndarray) -> bool:
    """Whether nearly all of its energy is at one frequency."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    peak = int(np.argmax(spectrum))
    hertz = peak * RATE / len(sound)
    share = float(spectrum[max(0, peak - 2) : peak + 3].sum() / max(1.0, spectrum.sum()))
    return BEEP_HERTZ[0] <= hertz <= BEEP_HERTZ[1] and share >= BEEP_SHARE
