"""Which ear and voice a sandbox works with; the heavy ones are imported only when they are wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sandbox.settings import SandboxSettings
from sandbox.speech import Speaks
from sandbox.tone import Tone

if TYPE_CHECKING:
    from tiers.local.ear import Ear


def ear_for(settings: SandboxSettings) -> Ear | None:
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


async def warm_up(ear: Ear | None, voice: Speaks) -> None:
    """Load the models, speak once and hear that, so that the first caller does not wait for it.

    It must be speech: what is silence to the ear never reaches its model.
    """
    said = b"".join([piece async for piece in voice.speak("Ready for the first caller.")])
    if ear is not None:
        await ear.load()
        await ear.transcribe(np.frombuffer(said, np.int16), voice.sample_rate)
