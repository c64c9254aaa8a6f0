"""Whole sessions of livekit on both stacks, with interruptions: what was booked against what was billed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from livekit import rtc
from livekit.agents import Agent, AgentSession
from livekit.agents.voice import io

from sandbox.desk import Desk
from sandbox.profiles import PROFILES
from sandbox.scripts import ScriptedReply
from tests.tiers.metering.conftest import CALL, TODAY, Booked, sound, until
from tests.tiers.metering.talk import LONG, RULES, create_task
from tiers import cascade, speech_to_speech
from tiers.catalogue import STACKS
from tiers.meter import Meter
from tiers.settings import VendorSettings

pytestmark = pytest.mark.system


class Microphone(io.AudioInput):
    """A caller who says nothing, for as long as the session listens."""

    def __init__(self) -> None:
        super().__init__(label="microphone")

    async def __anext__(self) -> rtc.AudioFrame:
        await asyncio.sleep(0.02)
        return sound(0.02, loud=False)[0]


class Loudspeaker(io.AudioOutput):
    """Plays ten times as fast as anybody could listen."""

    def __init__(self) -> None:
        super().__init__(
            label="loudspeaker", capabilities=io.AudioOutputCapabilities(pause=False), sample_rate=24_000
        )
        self.seconds = 0.0
        self._playing: asyncio.Task[None] | None = None
        self._segment = 0.0

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        self.seconds += frame.duration
        self._segment += frame.duration
        await asyncio.sleep(frame.duration / 10)

    def flush(self) -> None:
        super().flush()
        self._end(interrupted=False)

    def clear_buffer(self) -> None:
        self._end(interrupted=True)

    def _end(self, *, interrupted: bool) -> None:
        if self._segment:
            played, self._segment = self._segment, 0.0
            self.on_playback_finished(playback_position=played, interrupted=interrupted)


@contextlib.asynccontextmanager
async def call(
    stack: str, settings: VendorSettings, booked: Booked
) -> AsyncIterator[tuple[AgentSession[Any], Loudspeaker]]:
    """A session as the agent has it, closed as the agent closes it."""
    build: Any = cascade.build if STACKS[stack].is_cascade else speech_to_speech.build
    models = build(STACKS[stack], settings, call_id=CALL, today=TODAY)
    meter = Meter(STACKS[stack], models, booked.append)
    session: AgentSession[Any] = AgentSession(
        **models.session_arguments(), aec_warmup_duration=None, session_close_transcript_timeout=0
    )
    speaker = Loudspeaker()
    session.input.audio, session.output.audio = Microphone(), speaker
    await session.start(Agent(instructions=RULES, tools=[create_task]), record=False)
    try:
        yield session, speaker
    finally:
        await session.aclose()
        await models.aclose()
        await meter.aclose()


async def interrupt_when_heard(session: AgentSession[Any], speaker: Loudspeaker, words: str) -> None:
    before = speaker.seconds
    session.generate_reply(user_input=words)
    await until(lambda: speaker.seconds > before + 0.2)
    await session.interrupt(force=True)


@pytest.mark.parametrize("stack", ["economy", "premium"])
async def test_a_call_with_answers_interruptions_and_a_sudden_end_is_booked_as_it_is_billed(
    stack: str, settings: VendorSettings, booked: Booked, desk: Desk
) -> None:
    desk.profile = PROFILES["instant"].model_copy(update={"llm_token_ms": 8})
    async with call(stack, settings, booked) as (session, speaker):
        await asyncio.wait_for(session.generate_reply(user_input="Hello."), 30)
        desk.scripts.add([ScriptedReply(content=LONG)] * 3)
        await interrupt_when_heard(session, speaker, "Tell me everything.")
        await interrupt_when_heard(session, speaker, "Go on.")
        before = speaker.seconds
        session.generate_reply(user_input="And on.")
        await until(lambda: speaker.seconds > before + 0.2)
    await until(lambda: not desk.connections.count())
    assert {usage.outcome for usage in booked} >= {"ok", "cancelled"}
    assert {usage.part for usage in booked} == (
        {"stt", "llm", "tts"} if stack == "economy" else {"stt", "speech_to_speech"}
    )
    booked.check(desk.invoice.rows())
