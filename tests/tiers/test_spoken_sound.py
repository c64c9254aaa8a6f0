"""What the realtime vendor is sent of a caller's sound."""

import asyncio
import base64
from collections.abc import AsyncIterator

import numpy as np
import pytest
from livekit import rtc
from livekit.plugins.openai.realtime import RealtimeSession

from sandbox.app import Running, serve
from sandbox.desk import Desk
from tiers.spoken_sound import LEAD_SECONDS, SpokenSoundModel

pytestmark = pytest.mark.unit

RATE = 24_000
FRAME = RATE // 50


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    async with serve(Desk()) as served:
        yield served


@pytest.fixture
async def model(running: Running) -> AsyncIterator[SpokenSoundModel]:
    model = SpokenSoundModel(base_url=f"{running.url}/openai/v1", api_key="sandbox")
    yield model
    await model.aclose()


class Sent:
    """The sound that goes to the vendor, as samples."""

    def __init__(self, session: RealtimeSession) -> None:
        self.samples: list[int] = []
        self.commits = 0
        self._send = session.send_event
        session.send_event = self.saw  # type: ignore[method-assign]

    def saw(self, event: object) -> None:
        kind = getattr(event, "type", "")
        if kind == "input_audio_buffer.append":
            self.samples += np.frombuffer(base64.b64decode(event.audio), np.int16).tolist()  # type: ignore[attr-defined]
        self.commits += kind == "input_audio_buffer.commit"
        self._send(event)  # type: ignore[arg-type]

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE


def push(session: RealtimeSession, seconds: float, value: int) -> None:
    sound = np.full(FRAME, value, np.int16)
    for _ in range(round(seconds * 50)):
        session.push_audio(rtc.AudioFrame(sound.tobytes(), RATE, 1, FRAME))


async def test_silence_is_held_back_and_the_first_word_is_not(model: SpokenSoundModel) -> None:
    session = model.session(turn_detection_disabled=True)
    sent = Sent(session)
    push(session, 30, 0)
    push(session, 0.3, 7)  # spoken before the detector noticed
    assert sent.samples == []
    model.caller_speaks(True)
    push(session, 1, 7)
    model.caller_speaks(False)
    push(session, 2, 0)
    session.commit_audio()
    assert sent.samples.count(7) == round(1.3 * RATE)
    assert sent.seconds == pytest.approx(LEAD_SECONDS + 1, abs=0.05)
    assert sent.commits == 1
    await session.aclose()


async def test_a_caller_who_pauses_and_goes_on_is_sent_whole(model: SpokenSoundModel) -> None:
    session = model.session(turn_detection_disabled=True)
    sent = Sent(session)
    for value in (7, 8):
        model.caller_speaks(True)
        push(session, 1, value)
        model.caller_speaks(False)
        push(session, 0.5, 1)
    session.commit_audio()
    # The pause inside the turn is kept as it was, the one behind it is left out.
    assert sent.samples == [7] * RATE + [1] * (RATE // 2) + [8] * RATE
    await session.aclose()


async def test_a_turn_without_speech_is_not_committed(model: SpokenSoundModel) -> None:
    session = model.session(turn_detection_disabled=True)
    sent = Sent(session)
    push(session, 3, 0)
    session.commit_audio()
    assert (sent.samples, sent.commits) == ([], 0)
    await session.aclose()


async def test_a_vendor_that_finds_the_turns_itself_gets_the_silence_too(model: SpokenSoundModel) -> None:
    session = model.session()
    sent = Sent(session)
    push(session, 2, 0)
    await asyncio.sleep(0)
    assert sent.seconds == pytest.approx(2, abs=0.1)
    await session.aclose()
