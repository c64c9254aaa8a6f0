"""Which ear and voice a sandbox works with; the heavy ones are imported only when they are wanted."""

import numpy as np

from sandbox.settings import SandboxSettings
from sandbox.speech import Hears, Speaks
from sandbox.tone import Tone


def ear_for(settings: SandboxSettings) -> Hears | None:
    """The ear of the settings; None when words are told."""
    if settings.ear == "told":
        return None
    from tiers.local.ear import Ear

    return Ear()


def voice_for(settings: SandboxSettings) -> Speaks:
    """The voice of the settings."""
    if settings.voice == "tone":
        return Tone()
    from tiers.local.voice import Voice

    return Voice()


async def warm_up(ear: Hears | None, voice: Speaks) -> None:
    """Load the models and speak once, so that the first caller does not wait for it."""
    if ear is not None:
        await ear.transcribe(np.zeros(8_000, dtype=np.int16), 16_000)
    async for _ in voice.speak("Ready."):
        pass
