"""Makes the recordings of this folder from the sentences of the persona: `python -m agent.sounds.make`.

Needs Piper. The recordings are kept with the code, since they are for the moment when nothing can speak.
"""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

from livekit import rtc

from agent import persona
from tiers.local.voice import Voice

RATE = 16_000
"""Samples a second, 16 bit mono."""
TEXTS = {
    "no_voice": persona.NO_VOICE_ON_THE_PHONE,
    "trouble": persona.TROUBLE,
    "unknown_caller": persona.UNKNOWN_CALLER,
}


async def main() -> None:
    """Write a file for each sentence."""
    voice = Voice()
    try:
        await voice.start()
        for name, text in TEXTS.items():
            resampler = rtc.AudioResampler(voice.sample_rate, RATE)
            frames = []
            async for piece in voice.speak(text):
                frames += resampler.push(bytearray(piece))
            frames += resampler.flush()
            with wave.open(str(Path(__file__).parent / f"{name}.wav"), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(RATE)
                file.writeframes(b"".join(bytes(frame.data) for frame in frames))
    finally:
        await voice.aclose()


if __name__ == "__main__":
    asyncio.run(main())
