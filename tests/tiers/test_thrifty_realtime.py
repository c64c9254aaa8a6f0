"""What the realtime vendor is sent of a caller's sound, and what comes of what it calls."""

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any, cast

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import llm
from livekit.plugins.openai.realtime import RealtimeSession
from openai.types.realtime import RealtimeConversationItemFunctionCall

from sandbox.app import Running, serve
from sandbox.desk import Desk
from tests.tiers.recogniser import Stream
from tiers.thrifty_realtime import LEAD_SECONDS, ThriftyRealtimeModel, _Session
from tiers.tool_arguments import NOT_WHOLE

pytestmark = pytest.mark.unit

RATE = 24_000
FRAME = RATE // 50


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    async with serve(Desk()) as served:
        yield served


@pytest.fixture
async def model(running: Running) -> AsyncIterator[ThriftyRealtimeModel]:
    model = ThriftyRealtimeModel(base_url=f"{running.url}/openai/v1", api_key="sandbox")
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


class Clock:
    """Time as it passes for the sound that is pushed."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def push(session: RealtimeSession, seconds: float, value: int) -> None:
    sound = np.full(FRAME, value, np.int16)
    clock = getattr(session, "clock", None)
    for _ in range(round(seconds * 50)):
        if isinstance(clock, Clock):
            clock.now += 0.02
        session.push_audio(rtc.AudioFrame(sound.tobytes(), RATE, 1, FRAME))


def after_a_turn(session: RealtimeSession) -> Sent:
    """The session in the middle of a call: from its second turn on."""
    push(session, 0.2, 1)
    session.commit_audio()
    session.clock = Clock()  # type: ignore[attr-defined]
    return Sent(session)


async def test_silence_is_held_back_and_the_first_word_is_not(model: ThriftyRealtimeModel) -> None:
    session = model.session(turn_detection_disabled=True)
    sent = after_a_turn(session)
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


async def test_the_first_turn_is_sent_whole_for_it_may_have_begun_before_we_came(
    model: ThriftyRealtimeModel,
) -> None:
    session = model.session(turn_detection_disabled=True)
    sent = Sent(session)
    push(session, 4, 7)  # in one burst, and the detector has not looked at any of it
    model.caller_speaks(True)
    push(session, 1, 8)
    model.caller_speaks(False)
    session.commit_audio()
    assert (sent.samples.count(7), sent.samples.count(8)) == (4 * RATE, RATE)
    await session.aclose()


async def test_a_caller_who_pauses_and_goes_on_is_sent_whole(model: ThriftyRealtimeModel) -> None:
    session = model.session(turn_detection_disabled=True)
    sent = after_a_turn(session)
    for value in (7, 8):
        model.caller_speaks(True)
        push(session, 1, value)
        model.caller_speaks(False)
        push(session, 0.5, 1)
    session.commit_audio()
    # The pause inside the turn is kept as it was, the one behind it is left out.
    assert sent.samples == [7] * RATE + [1] * (RATE // 2) + [8] * RATE
    await session.aclose()


async def test_a_turn_without_speech_is_not_committed(model: ThriftyRealtimeModel) -> None:
    session = model.session(turn_detection_disabled=True)
    sent = after_a_turn(session)
    push(session, 3, 0)
    session.commit_audio()
    assert (sent.samples, sent.commits) == ([], 0)
    await session.aclose()


async def test_a_vendor_that_finds_the_turns_itself_gets_the_silence_too(model: ThriftyRealtimeModel) -> None:
    session = model.session()
    sent = after_a_turn(session)
    push(session, 2, 0)
    await asyncio.sleep(0)
    assert sent.seconds == pytest.approx(2, abs=0.1)
    await session.aclose()


class Told:
    """What the vendor answers, by kind of event."""

    def __init__(self, session: RealtimeSession) -> None:
        self.usages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        session.on("openai_server_event_received", self.saw)

    def saw(self, event: dict[str, Any]) -> None:
        if event.get("type") == "response.done":
            self.usages.put_nowait(event["response"]["usage"])

    async def cached(self) -> int:
        """Cached tokens of the next reply."""
        usage = await asyncio.wait_for(self.usages.get(), 20)
        return int(usage["input_token_details"]["cached_tokens"])


def history(turns: int) -> llm.ChatContext:
    return llm.ChatContext(
        [
            llm.ChatMessage(
                role="user" if n % 2 == 0 else "assistant", content=[f"Sentence {n} of a long talk. " * 8]
            )
            for n in range(turns)
        ]
    )


async def test_a_line_that_is_ordered_leaves_the_conversation_before_it_cached(
    model: ThriftyRealtimeModel,
) -> None:
    session = model.session(turn_detection_disabled=True)
    told = Told(session)
    await session.update_instructions("You keep a task list. " * 40)
    await session.update_chat_ctx(history(12))
    await session.generate_reply(tool_choice="none")
    assert await told.cached() == 0
    for line in ("Shall I delete it?", "I've deleted it."):
        await session.generate_reply(
            instructions=f'Say exactly this and nothing else: "{line}"', tool_choice="none"
        )
        assert await told.cached() > 800
        said = session.chat_ctx.items[-1]
        assert isinstance(said, llm.ChatMessage)
    await session.generate_reply(tool_choice="none")
    assert await told.cached() > 800
    await session.aclose()


async def test_an_order_stays_in_its_place_until_what_it_stands_behind_is_gone(
    model: ThriftyRealtimeModel,
) -> None:
    session = model.session(turn_detection_disabled=True)
    told = Told(session)
    talk = history(4)
    await session.update_chat_ctx(talk)
    await session.generate_reply(
        instructions='Say exactly this and nothing else: "Hello."', tool_choice="none"
    )
    await told.cached()
    there = [item.id for item in session.chat_ctx.items]
    assert there[4].startswith("order_")
    more = llm.ChatContext(
        [*talk.items, session.chat_ctx.items[-1], llm.ChatMessage(role="user", content=["Hi"])]
    )
    await session.update_chat_ctx(more)
    assert [item.id for item in session.chat_ctx.items][: len(there)] == there
    await session.update_chat_ctx(llm.ChatContext(more.items[4:]))
    assert not [item for item in session.chat_ctx.items if item.id.startswith("order_")]
    await session.aclose()


class SlowToLeave(Stream):
    """A recogniser whose socket does not close."""

    def __init__(self) -> None:
        super().__init__()
        self.leaving = asyncio.Event()

    async def aclose(self) -> None:
        self.leaving.set()
        await asyncio.Event().wait()


async def test_an_ear_that_is_slow_to_leave_keeps_neither_the_model_nor_the_end_waiting(
    running: Running,
) -> None:
    stream = SlowToLeave()
    model = ThriftyRealtimeModel(
        base_url=f"{running.url}/openai/v1", api_key="sandbox", recogniser=cast("Any", stream)
    )
    session = model.session(turn_detection_disabled=True)
    async with asyncio.timeout(30):
        await session.aclose()
    assert stream.leaving.is_set()
    assert session._main_atask.done(), "the model's own socket is closed"
    await model.aclose()


async def test_a_session_that_nobody_closes_is_closed_with_its_model(
    running: Running, model: ThriftyRealtimeModel
) -> None:
    session = model.session(turn_detection_disabled=True)
    async with asyncio.timeout(10):
        await model.aclose()
    assert session._main_atask.done(), "the model's own socket is closed"


@pytest.mark.parametrize(
    ("arguments", "status", "handed_on"),
    [
        ('{"title": "buy oat milk"}', "completed", '{"title": "buy oat milk"}'),
        ('{"title": "buy oat milk"}', None, '{"title": "buy oat milk"}'),
        ('{"title": "buy oat m', "completed", NOT_WHOLE),
        # The reply ended at the limit of tokens before a tool without arguments was given any.
        ("", "incomplete", NOT_WHOLE),
        ('{"title": "buy oat milk"}', "incomplete", NOT_WHOLE),
    ],
)
def test_a_call_that_ends_before_it_is_whole_is_handed_on_as_none(
    monkeypatch: pytest.MonkeyPatch, arguments: str, status: Any, handed_on: str
) -> None:
    came: list[RealtimeConversationItemFunctionCall] = []
    monkeypatch.setattr(RealtimeSession, "_handle_function_call", lambda _session, item: came.append(item))
    session = object.__new__(_Session)  # no socket is needed for it
    session._handle_function_call(
        RealtimeConversationItemFunctionCall(
            type="function_call", name="create_task", call_id="c1", arguments=arguments, status=status
        )
    )
    assert [item.arguments for item in came] == [handed_on]
