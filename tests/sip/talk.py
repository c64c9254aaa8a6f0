"""A conversation over a telephone: words are spoken, answers waited for, and what was heard is written down."""

from __future__ import annotations

import asyncio
import time

import numpy as np

from cli.caller.sound import MICROPHONE_RATE, Pcm
from cli.caller.voices import CachedVoice
from people.demo_accounts import DEMO_PIN
from tests.sip.baresip import RATE, Baresip
from tiers.local.ear import Ear

AUDIBLE = 200.0
QUIET_SECONDS = 1.6
"""Longer than a pause between two sentences of ours."""
FRAME = RATE // 50


PIN = f"{DEMO_PIN.get_secret_value()}#"


async def keys_pin(phone: Baresip) -> None:
    """Key the PIN once somebody asks for it."""
    async with asyncio.timeout(30):
        while not np.any(loudness(phone.heard()) > AUDIBLE):
            await asyncio.sleep(0.1)
    await phone.press(PIN)


class Talk:
    """One call, as the person with the telephone has it."""

    def __init__(self, phone: Baresip, voice: CachedVoice, ear: Ear) -> None:
        self.phone = phone
        self._voice, self._ear = voice, ear
        self._mark = 0
        self.log: list[str] = []
        """What was said and keyed, and what was heard."""

    async def is_known(self) -> str:
        """Key the PIN, and give the greeting."""
        await keys_pin(self.phone)
        self._mark = len(self.phone.heard())
        return await self.listen()

    async def listen(self, seconds: float = 40) -> str:
        """Wait for the other side to speak and to be quiet again; what it said."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            await asyncio.sleep(0.1)
            sounding = np.flatnonzero(loudness(self.phone.heard()[self._mark :]) > AUDIBLE)
            heard = len(self.phone.heard()) - self._mark
            quiet = QUIET_SECONDS * RATE if not self.phone.is_over else -1
            if len(sounding) and heard - sounding[-1] * FRAME > quiet:
                start = self._mark + max(0, sounding[0] * FRAME - RATE // 4)
                sound = self.phone.heard()[start:]
                self._mark += heard
                self.log.append((await self._ear.transcribe(sound, RATE)).text.lower())
                return self.log[-1]
        raise AssertionError(f"nobody spoke and was quiet again within {seconds:.0f} s, after {self.log}")

    async def say(self, words: str) -> str:
        """Say something and give the answer."""
        sound = await self._voice.speak(words)
        self._mark = len(self.phone.heard())
        self.log.append(words)
        took = await self.phone.say(sound, MICROPHONE_RATE)
        await asyncio.sleep(took)
        return await self.listen()

    async def press(self, keys: str) -> str:
        """Press keys and give the answer."""
        self._mark = len(self.phone.heard())
        self.log.append(keys)
        await self.phone.press(keys)
        return await self.listen()


def loudness(sound: Pcm) -> Pcm:
    """Of each 20 ms."""
    frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    return np.sqrt((frames**2).mean(axis=1)).astype(np.int16)
