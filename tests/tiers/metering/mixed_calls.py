"""Calls as they come: answers, interruptions, cancelled and failed replies, tools, and a line that breaks.

Each runs on the product's own models over sockets of its own, so that a line that is cut is one call's alone.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator
from datetime import date
from typing import Any, Final, Protocol

from sandbox.desk import Desk
from sandbox.invoice import Row
from sandbox.scripts import ScriptedCall, ScriptedReply
from sandbox.tone import Tone
from tests.tiers.metering.conftest import Booked, Line
from tests.tiers.metering.mixed_callers import BREAKS, EconomyCaller, PremiumCaller
from tests.tiers.metering.talk import LONG
from tiers import cascade, speech_to_speech
from tiers.catalogue import STACKS
from tiers.local.voice import VoiceError
from tiers.meter import Meter
from tiers.settings import VendorSettings

TODAY: Final = date(2026, 11, 25)
ACTIONS: Final = ("answer", "answer", "interrupt", "cancel", "fail", "tool")
_VOICE_ID: Final = re.compile(rb"cartesia-request-id: ([0-9a-f-]+)", re.IGNORECASE)


class BreakingVoice(Tone):
    """Fails where the words say so."""

    async def speak(self, text: str, *, voice: str | None = None) -> AsyncIterator[bytes]:
        if BREAKS in text:
            raise VoiceError("the voice is gone")
        async for piece in super().speak(text, voice=voice):
            yield piece


class ToldLine(Line):
    """Sees which sockets of the voice are this call's: its vendor takes no label."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.voice_ids: set[str] = set()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                self.voice_ids |= {found.decode() for found in _VOICE_ID.findall(data)}
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()


class Caller(Protocol):
    """One tier's way to do what happens in a call."""

    async def open(self) -> None: ...
    async def answer(self) -> None: ...
    async def interrupt(self) -> None: ...
    async def cancel(self) -> None: ...
    async def fail(self) -> None: ...
    async def tool(self) -> None: ...
    async def cut(self) -> None: ...
    async def hang_up(self, *, midway: bool) -> None: ...


class MixedCall:
    """A call with a label, what its meter booked and what was done in it."""

    def __init__(self, number: int, desk: Desk, port: int, seed: int) -> None:
        self.tag = f"call{number}"
        self.rng = random.Random(seed * 1000 + number)
        self.tier = "premium" if number % 2 else "economy"
        self.booked = Booked()
        self.done: list[str] = []
        self.desk = desk
        self.line = ToldLine(port)

    async def run(self) -> None:
        self.settings = _settings(await self.line.open())
        build: Any = speech_to_speech.build if self.tier == "premium" else cascade.build
        models = build(STACKS[self.tier], self.settings, call_id=self.tag, today=TODAY)
        meter = Meter(STACKS[self.tier], models, self.booked.append)
        caller: Caller = (PremiumCaller if self.tier == "premium" else EconomyCaller)(self, models)
        await caller.open()
        actions = self.rng.choices(ACTIONS, k=self.rng.randint(2, 4))
        if self.rng.random() < 0.3:
            actions.insert(self.rng.randint(1, len(actions)), "cut")
        for action in actions:
            async with asyncio.timeout(60):
                await getattr(caller, action)()
            self.done.append(action)
        await caller.hang_up(midway=self.rng.random() < 0.2)
        await models.aclose()
        await meter.aclose()
        await self.line.aclose()

    def script(self, *replies: ScriptedReply) -> None:
        """What the model says next in this call."""
        self.desk.scripts.add([reply.model_copy(update={"tag": self.tag}) for reply in replies])

    def script_long(self) -> None:
        self.script(ScriptedReply(content=LONG))

    def script_tool(self) -> None:
        arguments = f'{{"title": "buy milk {self.rng.randint(1, 99)}"}}'
        self.script(ScriptedReply(tool_calls=[ScriptedCall(name="create_task", arguments=arguments)]))

    def is_mine(self, row: Row) -> bool:
        """Whether a row of the invoice is this call's."""
        return row.tag == self.tag or row.request_id.split(":")[0] in self.line.voice_ids


def _settings(port: int) -> VendorSettings:
    root = f"http://127.0.0.1:{port}"
    return VendorSettings.model_validate(
        {
            f"{name}_{kind}": value
            for name, path in (("OPENAI", "openai/v1"), ("DEEPGRAM", "deepgram"), ("CARTESIA", "cartesia"))
            for kind, value in (("API_KEY", "sandbox"), ("BASE_URL", f"{root}/{path}"))
        }
    )
