"""Makes the recordings of this folder from the sentences of the persona: `python -m agent.sounds.make [NAME …]`.

Needs Piper. The recordings are kept with the code, since they are for the moment when nothing can speak, or when
nobody is to be paid for it.
"""

from __future__ import annotations

import asyncio
import sys
import wave
from pathlib import Path

from livekit import rtc

from agent import persona
from agent.phone_prompts import PROMPTS
from tiers.local.voice import Voice

RATE = 16_000
"""Samples a second, 16 bit mono."""
PHONE_RATE = 8_000
"""Of what a telephone alone hears: more does not come through."""
TEXTS = {
    "cut_off": persona.CUT_OFF,
    "no_voice": persona.NO_VOICE_ON_THE_PHONE,
    "no_voice_guest": persona.NO_VOICE_FOR_A_GUEST,
    "out_of_money": persona.OUT_OF_MONEY,
    "switched_off": persona.SWITCHED_OFF,
    "trouble": persona.TROUBLE,
} | PROMPTS


async def main(names: list[str]) -> None:
    """Write a file for each sentence, or for those that are named."""
    voice = Voice()
    try:
        await voice.start()
        for name in names or TEXTS:
            rate = PHONE_RATE if name in PROMPTS else RATE
            resampler = rtc.AudioResampler(voice.sample_rate, rate)
            frames = []
            async for piece in voice.speak(TEXTS[name]):
                frames += resampler.push(bytearray(piece))
            frames += resampler.flush()
            with wave.open(str(Path(__file__).parent / f"{name}.wav"), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(rate)
                file.writeframes(b"".join(bytes(frame.data) for frame in frames))
    finally:
        await voice.aclose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
