"""Two seconds of somebody speaking, between silences, for a vendor that hears."""

from __future__ import annotations

from tiers.local.voice import Voice

WORDS = "Please add a task to buy milk."


async def spoken() -> tuple[bytes, int]:
    """The words as 16-bit mono PCM and its rate, by the voice that comes with the product."""
    voice = Voice()
    try:
        pcm = b"".join([piece async for piece in voice.speak(WORDS)])
    finally:
        await voice.aclose()
    rate = voice.sample_rate
    return bytes(rate) + pcm + bytes(3 * rate), rate
