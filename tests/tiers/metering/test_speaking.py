"""Tokens and seconds of a speech-to-speech model, by OpenAI's real plugin and the sandbox's invoice."""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from livekit import rtc
from livekit.agents import APIConnectionError, llm

from sandbox.desk import Desk
from sandbox.scripts import ScriptedCall, ScriptedReply
from tests.tiers.metering.conftest import CALL, CANCELLED, TODAY, Booked, Line, sound, until
from tests.tiers.metering.talk import LONG, RULES, Breath, create_task
from tiers import speech_to_speech
from tiers.catalogue import MODELS, STACKS
from tiers.meter import Meter
from tiers.metering.bookings import Bookings
from tiers.metering.speaking import SpeakingWatch
from tiers.prices import bundled
from tiers.settings import VendorSettings
from tiers.speech_to_speech import SpeechToSpeech

pytestmark = pytest.mark.unit

Premium = tuple[SpeechToSpeech, Meter]


@pytest.fixture
async def premium(settings: VendorSettings, booked: Booked) -> AsyncIterator[Premium]:
    """The model alone: what an ear beside it costs is counted elsewhere."""
    stack = replace(STACKS["premium"], beside={})
    made = speech_to_speech.build(stack, settings, call_id=CALL, today=TODAY)
    meter = Meter(stack, made, booked.append, session="s1")
    yield made, meter
    await meter.aclose()
    await made.aclose()


@pytest.fixture
async def session(premium: Premium) -> Any:
    """A session as the agent opens it: our own detector ends the caller's turns."""
    made = premium[0].llm.session(turn_detection_disabled=True)
    premium[0].caller_speaks(True)  # what is pushed is speech, and none of it held back
    await made.update_instructions(RULES)
    await made.update_tools([create_task])
    yield made
    await made.aclose()


async def said(generation: llm.GenerationCreatedEvent) -> float:
    """The seconds of sound of a reply."""
    seconds = 0.0
    async with asyncio.timeout(60):
        async for message in generation.message_stream:
            seconds += sum([piece.duration async for piece in message.audio_stream])
        async for _ in generation.function_stream:
            pass
    return seconds


async def turn(session: Any, desk: Desk, words: str, seconds: float = 1.0) -> float:
    """The caller speaks, and is answered."""
    desk.told.put("call", words)
    for frame in sound(seconds):
        session.push_audio(frame)
    session.commit_audio()
    return await said(await session.generate_reply())


async def sounding(session: Any, frames: int = 3) -> llm.GenerationCreatedEvent:
    """A reply that is being spoken."""
    generation: llm.GenerationCreatedEvent = await session.generate_reply()
    async with asyncio.timeout(30):
        message = await anext(aiter(generation.message_stream))
        for _ in range(frames):
            await anext(aiter(message.audio_stream))
    return generation


async def test_every_response_and_every_transcription_is_booked_as_reported(
    session: Any, booked: Booked, desk: Desk
) -> None:
    for words in ("Hello.", "Add a task to buy milk.", "What are my tasks?"):
        await turn(session, desk, words)
    await asyncio.wait_for(desk.invoice.grown(6), 20)
    await until(lambda: len(booked) == 6)
    rows = {f"s1:{row.request_id}": row for row in desk.invoice.rows(tag="call")}
    for usage in booked.of("speech_to_speech"):
        billed = rows[usage.event_id].units
        assert {unit: count for unit, count in usage.units.items() if count} == {
            unit: count for unit, count in billed.items() if count
        }
    assert sum(usage.units["cached_text_input_tokens"] for usage in booked.of("speech_to_speech")) > 1000
    for usage in booked.of("transcription"):
        row = rows[usage.event_id.removesuffix(":transcription")]
        assert usage.units == {"audio_ms": round(row.units["audio_seconds"] * 1000)}
    assert {(usage.part, usage.model) for usage in booked} == {
        ("speech_to_speech", "gpt-realtime"),
        ("transcription", "gpt-realtime-whisper"),
    }
    assert {usage.certainty for usage in booked} == {"actual"}
    booked.check(desk.invoice.rows())


async def test_a_cancelled_reply_is_billed_for_what_was_generated(
    session: Any, booked: Booked, desk: Desk
) -> None:
    desk.scripts.add([ScriptedReply(content=LONG)])
    await sounding(session)
    session.interrupt()
    await until(lambda: booked)
    (usage,) = booked
    assert (usage.certainty, usage.outcome, usage.heard) == ("actual", "cancelled", True)
    assert usage.units["audio_output_tokens"] > 0
    booked.check(desk.invoice.rows())
    assert booked.microdollars == desk.invoice.microdollars


async def test_a_line_that_breaks_in_a_reply_leaves_an_estimate_close_to_the_bill(
    session: Any, booked: Booked, desk: Desk, line: tuple[Line, int]
) -> None:
    for words in ("Hello.", "Add a task to buy milk.", "What are my tasks?"):
        await turn(session, desk, words, 2.3)
    before = len(booked)
    desk.scripts.add([ScriptedReply(content=LONG)])
    desk.told.put("call", "Tell me everything.")
    for frame in sound(1.7):
        session.push_audio(frame)
    session.commit_audio()
    await sounding(session, 20)
    again = asyncio.Event()
    session.on("session_reconnected", lambda _event: again.set())
    line[0].cut()
    await asyncio.wait_for(desk.invoice.grown(before + 2), 20)
    await until(lambda: any(usage.certainty == "estimated" for usage in booked))
    rows = {f"s1:{row.request_id}:estimate": row for row in desk.invoice.rows()}
    (usage,) = [usage for usage in booked.of("speech_to_speech") if usage.certainty == "estimated"]
    row = rows[usage.event_id]
    assert (usage.outcome, row.status) == ("failed", "cancelled")
    for unit in ("text_input_tokens", "audio_input_tokens", "cached_text_input_tokens"):
        assert usage.units[unit] == pytest.approx(row.units[unit], rel=0.02, abs=3), unit
    booked.check(desk.invoice.rows(), broken=True)
    # It connects again: that in itself costs nothing, and the next reply is booked as reported.
    await asyncio.wait_for(again.wait(), 20)
    known = len(booked)
    await turn(session, desk, "Hello again.")
    await until(lambda: len(booked) == known + 2)
    assert {usage.certainty for usage in booked[known:]} == {"actual"}
    booked.check(desk.invoice.rows(), broken=True)


async def test_a_first_reply_that_breaks_is_estimated_from_what_was_given(
    session: Any, booked: Booked, desk: Desk, line: tuple[Line, int]
) -> None:
    context = llm.ChatContext()
    context.add_message(role="user", content="Add a task to buy milk.")
    context.add_message(role="assistant", content="What should it be called?")
    await session.update_chat_ctx(context)
    desk.scripts.add([ScriptedReply(content=LONG)])
    await sounding(session, 20)
    line[0].cut()
    await asyncio.wait_for(desk.invoice.grown(1), 20)
    await until(lambda: booked)
    (row,) = desk.invoice.rows()
    assert booked[0].units["text_input_tokens"] == pytest.approx(row.units["text_input_tokens"], rel=0.02)
    booked.check(desk.invoice.rows(), broken=True)


async def test_an_interrupted_answer_that_was_cut_to_what_was_heard_is_counted_so_in_the_next_estimate(
    session: Any, booked: Booked, desk: Desk, line: tuple[Line, int]
) -> None:
    await turn(session, desk, "Hello.")
    desk.scripts.add([ScriptedReply(content=LONG)] * 2)
    generation: llm.GenerationCreatedEvent = await session.generate_reply()
    async with asyncio.timeout(30):
        message = await anext(aiter(generation.message_stream))
        for _ in range(12):
            await anext(aiter(message.audio_stream))
    session.interrupt()
    session.truncate(message_id=message.message_id, modalities=["audio", "text"], audio_end_ms=300)
    await until(lambda: len(booked) == 3)
    await sounding(session, 20)
    line[0].cut()
    await asyncio.wait_for(desk.invoice.grown(4), 20)
    await until(lambda: len(booked) == 4)
    row = desk.invoice.rows()[-1]
    for unit in ("text_input_tokens", "audio_input_tokens", "cached_text_input_tokens"):
        assert booked[-1].units[unit] == pytest.approx(row.units[unit], rel=0.02, abs=3), unit
    booked.check(desk.invoice.rows(), broken=True)


async def test_a_tool_call_in_which_the_line_broke_is_estimated(
    session: Any,
    booked: Booked,
    desk: Desk,
    line: tuple[Line, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arguments = json.dumps({"title": LONG})
    monkeypatch.setattr(desk, "pace", lambda: Breath(24))
    came: list[str] = []
    session.on(
        "openai_server_event_received",
        lambda event: (
            event["type"] == "response.function_call_arguments.delta" and came.append(event["delta"])
        ),
    )
    desk.scripts.add([ScriptedReply(tool_calls=[ScriptedCall(name="create_task", arguments=arguments)])])
    await session.generate_reply()
    await until(lambda: len(came) > 20)
    line[0].cut()
    await asyncio.wait_for(desk.invoice.grown(1), 20)
    await until(lambda: booked)
    (row,) = desk.invoice.rows()
    assert booked[0].units["text_output_tokens"] > 10
    assert abs(booked[0].units["text_output_tokens"] - row.units["text_output_tokens"]) <= 3
    booked.check(desk.invoice.rows(), broken=True)


async def test_a_session_closed_in_a_reply_hears_what_it_came_to(
    premium: Premium, session: Any, booked: Booked, desk: Desk
) -> None:
    desk.scripts.add([ScriptedReply(content=LONG)])
    await sounding(session)
    await session.aclose()
    await premium[1].aclose()
    await until(lambda: desk.invoice.count == 1)
    assert [(usage.certainty, usage.outcome) for usage in booked] == [("actual", "cancelled")]
    assert booked.microdollars == desk.invoice.microdollars


async def test_a_session_closed_in_a_transcription_owes_it(
    premium: Premium, session: Any, booked: Booked, desk: Desk
) -> None:
    heard = asyncio.Event()
    session.on(
        "openai_server_event_received", lambda event: event["type"].endswith("committed") and heard.set()
    )
    for frame in sound(1.4):
        session.push_audio(frame)
    session.commit_audio()  # nobody tells the words, so the ear waits for them
    await asyncio.wait_for(heard.wait(), 20)
    await session.aclose()
    await premium[1].aclose()
    await until(lambda: desk.invoice.count == 1)
    assert [(usage.part, usage.certainty) for usage in booked] == [("transcription", "estimated")]
    booked.check(desk.invoice.rows())


async def test_a_session_closed_while_its_vendor_is_silent_is_over_at_once_and_leaves_an_estimate(
    premium: Premium, session: Any, booked: Booked, desk: Desk
) -> None:
    desk.scripts.add([ScriptedReply(content=LONG)])
    await sounding(session)
    desk.faults.set("openai-realtime", "silent")
    async with asyncio.timeout(2):
        await session.aclose()
    await premium[1].aclose()
    await until(lambda: desk.invoice.count == 1)
    assert [usage.certainty for usage in booked] == ["estimated"]
    booked.check(desk.invoice.rows(), broken=True)


@pytest.mark.parametrize("kind", ["silent", "garbage"])
async def test_a_turn_whose_vendor_cannot_be_heard_or_read_is_estimated_from_what_was_sent(
    premium: Premium, session: Any, booked: Booked, desk: Desk, kind: str
) -> None:
    await turn(session, desk, "Add a task to buy milk")
    await until(lambda: len(booked) == desk.invoice.count == 2)
    desk.told.put("call", "And one to buy bread")
    desk.faults.set("openai-realtime", kind)
    for frame in sound(1.4):
        session.push_audio(frame)
    session.commit_audio()
    reply = session.generate_reply()
    await until(lambda: desk.invoice.count >= 3)
    await session.aclose()
    await premium[1].aclose()
    with contextlib.suppress(llm.RealtimeError):
        await reply
    await until(lambda: desk.invoice.count == 4)
    assert {usage.certainty for usage in booked[2:]} == {"estimated"}
    booked.check(desk.invoice.rows(), broken=True)


async def test_turns_that_the_vendor_detects_are_timed_by_it(
    premium: Premium, booked: Booked, desk: Desk
) -> None:
    session = premium[0].llm.session()
    desk.told.put("call", "Hello.")
    for frame in [*sound(0.6, loud=False), *sound(1.1), *sound(9.0, loud=False)]:
        session.push_audio(frame)
    await until(lambda: any(row.model == "gpt-realtime-whisper" for row in desk.invoice.rows()))
    await until(lambda: len(booked) == desk.invoice.count >= 2)
    booked.check(desk.invoice.rows())
    await session.aclose()


# What the stand-in does not do


class Session(rtc.EventEmitter[Any]):
    """A session's events, without one."""

    def server(self, kind: str, **fields: Any) -> None:
        self.emit("openai_server_event_received", {"type": kind, **fields})

    def speaks(self, seconds: float) -> None:
        """Sound of the caller is sent."""
        audio = base64.b64encode(bytes(round(48_000 * seconds))).decode()
        self.emit("openai_client_event_queued", {"type": "input_audio_buffer.append", "audio": audio})

    def breaks_off(self) -> None:
        """The connection fails."""
        error = APIConnectionError("a hiccup")
        self.emit("error", llm.RealtimeModelError(timestamp=0, label="x", error=error, recoverable=True))

    def commits(self, item_id: str) -> None:
        """The caller's turn ends, and the vendor has it."""
        self.emit("openai_client_event_queued", {"type": "input_audio_buffer.commit"})
        self.server("input_audio_buffer.committed", item_id=item_id)

    def done(self, response_id: str, usage: Any, status: str = "completed") -> None:
        self.server(
            "response.done",
            response={"id": response_id, "status": status, "status_details": None, "usage": usage},
        )

    def reply(self, response_id: str, tokens: int) -> None:
        """A response of so many tokens of sound."""
        self.server("response.created", response={"id": response_id})
        item = {"id": f"item_{response_id}", "type": "message", "role": "assistant", "content": []}
        self.server("response.output_item.added", response_id=response_id, item=item)
        self.server(
            "response.output_audio.delta",
            response_id=response_id,
            item_id=item["id"],
            delta="AAAA" * (tokens * 50 * 48 // 3),
        )


def watched(booked: Booked) -> Session:
    """A session that a meter watches."""
    made = Session()
    SpeakingWatch(
        Bookings("premium", "s1", booked.append),
        made,  # type: ignore[arg-type]
        MODELS["gpt-realtime"],
        MODELS["gpt-realtime-whisper"],
    )
    return made


@pytest.fixture
def events(booked: Booked) -> Session:
    made = watched(booked)
    made.server("session.created", session={"instructions": "You keep tasks.", "tools": []})
    return made


def test_a_cancelled_reply_pays_its_cached_part_once(events: Session, booked: Booked) -> None:
    events.reply("resp_1", 80)
    events.done("resp_1", CANCELLED, "cancelled")
    (usage,) = booked
    # 22 text at 4, 128 cached at 0.40, 50 audio at 32; 20 text at 16, 80 audio at 64
    assert bundled().price(usage) == round(22 * 4 + 128 * 0.4 + 50 * 32 + 20 * 16 + 80 * 64)
    assert (usage.outcome, usage.certainty) == ("cancelled", "actual")


def test_a_usage_of_null_is_an_estimate_and_not_nothing(events: Session, booked: Booked) -> None:
    events.reply("resp_1", 40)
    events.done("resp_1", None)
    (usage,) = booked
    assert (usage.certainty, usage.outcome, usage.event_id) == ("estimated", "ok", "s1:resp_1:estimate")
    assert usage.units["audio_output_tokens"] == 40
    assert usage.units["text_input_tokens"] == 4
    assert bundled().price(usage) == 40 * 64 + 4 * 4


def test_an_estimate_is_replaced_when_the_vendor_reports_after_all(events: Session, booked: Booked) -> None:
    events.reply("resp_1", 40)
    events.breaks_off()
    events.done("resp_1", CANCELLED)
    events.done("resp_1", CANCELLED)
    assert [(usage.certainty, usage.replaces) for usage in booked] == [
        ("estimated", None),
        ("actual", "s1:resp_1:estimate"),
    ]


def test_a_first_reply_may_be_cached_already(events: Session, booked: Booked) -> None:
    events.reply("resp_1", 10)
    events.done("resp_1", CANCELLED)
    assert booked[0].units["cached_text_input_tokens"] == 128


def test_cached_tokens_of_an_unknown_kind_are_the_beginning_of_the_input(
    events: Session, booked: Booked
) -> None:
    details = CANCELLED["input_token_details"] | {"cached_tokens": 192, "cached_tokens_details": None}
    events.reply("resp_1", 10)
    events.done("resp_1", CANCELLED | {"input_token_details": details})
    assert booked[0].units["cached_text_input_tokens"] == 150
    assert booked[0].units["cached_audio_input_tokens"] == 42


def test_pictures_are_counted_apart(events: Session, booked: Booked) -> None:
    details = {
        "text_tokens": 100,
        "audio_tokens": 0,
        "image_tokens": 100,
        "cached_tokens": 0,
        "cached_tokens_details": {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0},
    }
    events.reply("resp_1", 10)
    events.done("resp_1", CANCELLED | {"input_token_details": details})
    assert booked[0].units["image_input_tokens"] == 100


def test_a_failed_reply_costs_what_is_reported_and_nothing_when_nothing_came(
    events: Session, booked: Booked
) -> None:
    events.server("response.created", response={"id": "resp_1"})
    events.done("resp_1", None, "failed")
    assert booked == []
    events.reply("resp_2", 10)
    events.done("resp_2", None, "failed")
    assert [(usage.outcome, usage.certainty) for usage in booked] == [("failed", "estimated")]


def test_a_new_connection_has_nothing_to_pay_and_books_what_the_old_one_owed(
    events: Session, booked: Booked
) -> None:
    events.server("session.created", session={"instructions": "x"})
    assert booked == []
    events.reply("resp_1", 10)
    events.server("session.created", session={"instructions": "x"})
    assert [usage.certainty for usage in booked] == ["estimated"]


def test_sound_from_before_the_connection_stood_is_sent_on_it_and_costs_like_the_rest(booked: Booked) -> None:
    made = watched(booked)
    made.speaks(1.6)
    made.server("session.created", session={"instructions": "x"})
    made.speaks(7.4)
    made.commits("item_1")
    made.breaks_off()
    assert [usage.units for usage in booked] == [{"audio_ms": 9000}]
    made.speaks(2.0)  # for the connection that comes
    made.server("session.created", session={"instructions": "x"})
    made.commits("item_2")
    made.server("session.created", session={"instructions": "x"})
    assert [usage.units["audio_ms"] for usage in booked] == [9000, 2000]


def test_an_event_that_nobody_expected_breaks_nothing(events: Session, booked: Booked) -> None:
    events.server("response.output_audio.delta", response_id="of nobody", item_id="x", delta="AAAA")
    events.server("conversation.item.added", item={"id": "x", "type": "message"})
    events.server("conversation.item.input_audio_transcription.completed", item_id="x", usage=None)
    events.server("response.created")
    events.done("resp_9", CANCELLED)
    assert [usage.part for usage in booked] == ["transcription", "speech_to_speech"]


@pytest.mark.parametrize(
    ("usage", "units"),
    [
        ({"type": "duration", "seconds": 1.5}, {"audio_ms": 1500}),
        (
            {
                "type": "tokens",
                "input_tokens": 20,
                "output_tokens": 4,
                "input_token_details": {"text_tokens": 5, "audio_tokens": 15},
            },
            {"audio_input_tokens": 15, "text_input_tokens": 5, "text_output_tokens": 4},
        ),
        (None, {"audio_ms": 2000}),
    ],
)
def test_what_writes_down_the_caller_is_billed_by_time_or_by_token_or_estimated(
    events: Session, booked: Booked, usage: Any, units: dict[str, int]
) -> None:
    frame = {"type": "input_audio_buffer.append", "audio": "AAAA" * (1000 * 48 // 3)}
    for event in (frame, frame, {"type": "input_audio_buffer.commit"}):
        events.emit("openai_client_event_queued", event)
    events.server("input_audio_buffer.committed", item_id="i1", previous_item_id=None)
    events.server(
        "conversation.item.input_audio_transcription.completed", item_id="i1", transcript="x", usage=usage
    )
    assert [each.units for each in booked] == [units]
    assert booked[0].certainty == ("actual" if usage else "estimated")
