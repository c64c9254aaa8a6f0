"""Voices for the caller. Each turns words into sound, once a run for the same words."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import numpy as np

from cli.caller.errors import CannotSpeakError
from cli.caller.sound import MICROPHONE_RATE, Pcm, read_wav, resample, through_telephone
from cli.caller.told_sound import told_sound

FLITE_SECONDS = 30.0


class VoiceName(StrEnum):
    """Whose voice speaks the caller's words."""

    PIPER = "piper"
    FLITE = "flite"
    TOLD = "told"


class Quality(StrEnum):
    """What the words go through before they are published."""

    BROWSER = "browser"
    PHONE = "phone"


class Voice(Protocol):
    """Speaks at MICROPHONE_RATE."""

    async def speak(self, text: str) -> Pcm:
        """The words as sound. Raises CannotSpeakError when the voice is missing or fails."""

    async def aclose(self) -> None:
        """End what the voice started."""


class PiperVoice:
    """Piper, in a process of its own."""

    def __init__(self) -> None:
        from tiers.local.voice import Voice as PiperProcess  # late: the other voices do without it
        from tiers.local.voice import VoiceError

        self._piper, self._failure = PiperProcess(), VoiceError

    async def speak(self, text: str) -> Pcm:
        """The words as sound."""
        try:
            pieces = [piece async for piece in self._piper.speak(text)]
        except self._failure as error:
            raise CannotSpeakError(f"the Piper voice failed: {error}") from error
        if not pieces:
            raise CannotSpeakError("the Piper voice gave no sound for these words")
        pcm = np.frombuffer(b"".join(pieces), dtype=np.int16)
        return resample(pcm, self._piper.sample_rate, MICROPHONE_RATE)

    async def aclose(self) -> None:
        """End the process."""
        await self._piper.aclose()


class FliteVoice:
    """flite, the small synthesiser of Debian's package of that name: a second opinion for the ear."""

    def __init__(self, voice: str = "slt") -> None:
        found = shutil.which("flite")
        if found is None:
            raise CannotSpeakError(
                "--voice flite needs the program flite: apt install flite, or brew install flite"
            )
        self._program, self._voice = found, voice

    async def speak(self, text: str) -> Pcm:
        """The words as sound."""
        with tempfile.TemporaryDirectory(prefix="voicetasks-") as folder:
            file = Path(folder) / "words.wav"
            process = await asyncio.create_subprocess_exec(
                *(self._program, "-voice", self._voice, "-t", text, "-o", str(file)),
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
            try:
                async with asyncio.timeout(FLITE_SECONDS):
                    _, complaint = await process.communicate()
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
            if process.returncode or not file.is_file():
                raise CannotSpeakError(f"flite failed: {complaint.decode(errors='replace').strip()[:200]}")
            return resample(*read_wav(file), MICROPHONE_RATE)

    async def aclose(self) -> None:
        """Nothing stays behind."""


class ToldVoice:
    """No words in the sound: the stand-in for the ear is told them. For load and for exact tests."""

    async def speak(self, text: str) -> Pcm:
        """Speech-like sound, as long as the words would take."""
        return told_sound(text)

    async def aclose(self) -> None:
        """Nothing stays behind."""


class CachedVoice:
    """Speaks the same words only once, and at the quality asked for."""

    def __init__(self, voice: Voice, quality: Quality) -> None:
        self._voice, self._quality = voice, quality
        self._spoken: dict[str, Pcm] = {}

    async def speak(self, text: str) -> Pcm:
        """The words as sound."""
        if text not in self._spoken:
            pcm = await self._voice.speak(text)
            if self._quality is Quality.PHONE:
                pcm = await asyncio.to_thread(through_telephone, pcm, MICROPHONE_RATE)
            self._spoken[text] = pcm
        return self._spoken[text]

    async def aclose(self) -> None:
        """End what the voice started."""
        await self._voice.aclose()


def make_voice(name: VoiceName, quality: Quality) -> CachedVoice:
    """The voice by its name. Raises CannotSpeakError when this machine does not have it."""
    match name:
        case VoiceName.PIPER:
            voice: Voice = PiperVoice()
        case VoiceName.FLITE:
            voice = FliteVoice()
        case VoiceName.TOLD:
            voice = ToldVoice()
    return CachedVoice(voice, quality)
