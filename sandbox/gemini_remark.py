"""What a Gemini Live model says about a function that was carried out, where it is not told to be silent, or cannot be.

It is sound, and billed like any answer: for all that the session holds, and for what was made of it, heard or not. One
that was interrupted before it began costs nothing.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import Any, Final

from sandbox import gemini_messages as messages
from sandbox.desk import Desk
from sandbox.gemini_session import Context, Entry, Used, audio_tokens
from sandbox.gemini_setup import Setup
from sandbox.gemini_talk import SERVICE, VENDOR, VOICE_RATE
from sandbox.invoice import Status
from sandbox.realtime_reply import FASTER
from sandbox.realtime_sound import spoken
from sandbox.wire import Wire

WORDS: Final = (
    "I have described what is on the screen. I gave its title and its date letter for letter as they stand there, and "
    "left out what was cut off or could not be read. Is there anything else that you want me to look at for you?"
)


class Remark:
    """Speaks from when it is made."""

    def __init__(self, desk: Desk, wire: Wire, setup: Setup, context: Context, tag: str | None) -> None:
        self._desk = desk
        self._wire = wire
        self._setup = setup
        self._context = context
        self._tag = tag
        self._samples = 0
        self._is_billed = False
        self._prompt = context.used(setup, made=0)
        self._task = asyncio.create_task(self._speak(), name="gemini.remark")

    async def interrupt(self) -> None:
        """The client has begun something else."""
        if self._task.done():
            return
        self._task.cancel()
        await asyncio.wait([self._task])
        await self._wire.send(messages.interrupted())
        await self._end("cancelled")

    def abandon(self) -> list[asyncio.Task[Any]]:
        """The client has gone: what was made is billed. The task that is ending is returned."""
        self._task.cancel()
        self._bill("cancelled")
        return [self._task]

    async def _speak(self) -> None:
        await self._desk.pause("realtime", SERVICE)
        async for _, sound in spoken(self._desk.voice, WORDS, 1.0):
            await self._desk.faults.silence(SERVICE)
            self._samples += len(sound)
            await self._wire.send(messages.sound(sound.astype("<i2", copy=False).tobytes(), VOICE_RATE))
            await self._desk.clock.sleep(len(sound) / VOICE_RATE / FASTER)
        await self._wire.send(messages.generation_complete())
        await self._end("ok")

    async def _end(self, status: Status) -> None:
        self._bill(status)
        if not self._samples:
            await self._wire.send(messages.turn_complete())
            return
        self._context.entries.append(Entry("audio", self._used.sounded))
        await self._wire.send(messages.turn_over(self._used.as_json()))

    @property
    def _used(self) -> Used:
        self._prompt.sounded = audio_tokens(self._samples / VOICE_RATE)
        return self._prompt

    def _bill(self, status: Status) -> None:
        if self._is_billed or not self._samples:
            return
        self._is_billed = True
        self._desk.invoice.charge(
            vendor=VENDOR,
            model=self._setup.name,
            request_id=secrets.token_hex(8),
            units=self._used.units,
            status=status,
            tag=self._tag,
        )
