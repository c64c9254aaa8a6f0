"""Characters of our speech by Aura and ElevenLabs: the real plugins, the sandbox's invoice; and parts that change."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from livekit.agents import tts

from sandbox.desk import Desk
from sandbox.profiles import PROFILES
from tests.tiers.metering.conftest import CALL, TODAY, Booked, Line, until
from tests.tiers.metering.talk import answered, asked
from tiers import cascade
from tiers.cascade import Cascade, connecting
from tiers.catalogue import MODELS, STACKS
from tiers.meter import Meter
from tiers.metering.aura import AuraWatch
from tiers.metering.bookings import Bookings
from tiers.metering.elevenlabs import ElevenLabsWatch
from tiers.metering.taps import Handshake
from tiers.settings import VendorSettings

pytestmark = pytest.mark.unit

TEXT = "I have added buy milk. It is due tomorrow. Would you like anything else today? "


@pytest.fixture(params=["budget", "quality"])
async def models(
    request: pytest.FixtureRequest, settings: VendorSettings, booked: Booked
) -> AsyncIterator[Cascade]:
    """A metered cascade with each of the voices."""
    stack = STACKS[request.param]
    made = cascade.build(stack, settings, call_id=CALL, today=TODAY)
    meter = Meter(stack, made, booked.append, session="s1")
    yield made
    await made.aclose()
    await meter.aclose()


async def speak(models: Cascade, *texts: str) -> None:
    async with models.tts.stream(conn_options=connecting().tts_conn_options) as stream:
        for text in texts:
            stream.push_text(text)
        stream.end_input()
        async for _ in stream:
            pass


def slow(desk: Desk) -> None:
    desk.profile = PROFILES["instant"].model_copy(update={"tts": PROFILES["seed"].llm})


def characters(booked: Booked) -> int:
    return sum(usage.units["characters"] for usage in booked.of("tts"))


async def test_whole_speeches_are_booked_by_the_character(
    models: Cascade, booked: Booked, desk: Desk
) -> None:
    await speak(models, "I have added ", "buy milk. It is ", "due tomorrow.")
    await speak(models, "  Straße — 🥛 naïve.  ")
    await until(lambda: len(booked) == 2)
    rows = desk.invoice.rows()
    assert characters(booked) == sum(row.units["characters"] for row in rows)
    assert [(usage.outcome, usage.certainty, usage.heard) for usage in booked] == [("ok", "actual", True)] * 2
    assert {usage.model for usage in booked} == {models.parts["tts"].name}
    booked.check(rows)


async def test_an_interrupted_speech_costs_all_that_was_sent(
    models: Cascade, booked: Booked, desk: Desk
) -> None:
    stream = models.tts.stream(conn_options=connecting().tts_conn_options)
    stream.push_text(TEXT * 3)
    await asyncio.wait_for(anext(aiter(stream)), 20)
    await stream.aclose()
    await until(lambda: booked)
    assert [(usage.outcome, usage.heard) for usage in booked] == [("cancelled", True)]
    booked.check(desk.invoice.rows())


async def test_a_speech_thrown_away_before_it_sounded_is_flagged(
    models: Cascade, booked: Booked, desk: Desk
) -> None:
    slow(desk)
    stream = models.tts.stream(conn_options=connecting().tts_conn_options)
    stream.push_text(TEXT * 2)
    stream.flush()
    await asyncio.wait_for(desk.invoice.grown(1), 20)
    await stream.aclose()
    await until(lambda: booked)
    assert [(usage.outcome, usage.heard) for usage in booked] == [("cancelled", False)]
    booked.check(desk.invoice.rows())


async def test_a_line_that_breaks_in_a_speech_costs_what_was_sent_each_time(
    models: Cascade, booked: Booked, desk: Desk, line: tuple[Line, int]
) -> None:
    slow(desk)
    stream = models.tts.stream(conn_options=connecting().tts_conn_options)
    stream.push_text(TEXT)
    stream.end_input()
    await asyncio.wait_for(desk.invoice.grown(2), 20)
    line[0].cut()
    async for _ in stream:  # the plugin tries again
        pass
    await stream.aclose()
    await until(lambda: len(booked) == 2)
    assert [(usage.outcome, usage.certainty) for usage in booked] == [
        ("failed", "estimated"),
        ("ok", "actual"),
    ]
    booked.check(desk.invoice.rows(), broken=True)


async def test_parts_that_change_in_mid_call_are_metered_before_and_after(
    settings: VendorSettings, booked: Booked, desk: Desk
) -> None:
    economy = STACKS["economy"]
    models = cascade.build(economy, settings, call_id=CALL, today=TODAY)
    meter = Meter(economy, models, booked.append, session="s1")
    await speak(models, "I have added buy milk.")
    going_on: tts.SynthesizeStream = models.tts.stream(conn_options=connecting().tts_conn_options)
    going_on.push_text(TEXT * 2)
    await asyncio.wait_for(anext(aiter(going_on)), 20)

    for stack in (economy.without(("cartesia",), settings), STACKS["quality"]):
        assert stack is not None
        change = models.change(stack)
        await speak(models, "It is due tomorrow.")
        await answered(models, asked("Hello."))
        await going_on.aclose()
        await change.aclose()
    await models.aclose()
    await meter.aclose()

    assert [usage.model for usage in booked.of("tts")] == [
        "sonic-3",
        "aura-2",
        "sonic-3",
        "eleven_flash_v2_5",
    ]
    assert [usage.model for usage in booked.of("llm")] == ["gpt-4o-mini", "gpt-4o"]
    assert {usage.stack for usage in booked} == {"economy"}
    booked.check(desk.invoice.rows())


def test_aura_books_a_speech_with_its_flush_and_a_cleared_one_as_unheard(booked: Booked) -> None:
    watch = AuraWatch(Bookings("budget", "s1", booked.append), MODELS["aura-2"], Handshake({}, {}))
    for kind in ("Speak", "Flush", "Speak", "Flush", "Speak"):
        watch.sent(json.dumps({"type": kind, "text": "Twelve chars"} if kind == "Speak" else {"type": kind}))
    watch.received(b"\0\0")
    watch.received(json.dumps({"type": "Flushed", "sequence_id": 0}))
    watch.received(json.dumps({"type": "Error", "err_msg": "x"}))
    watch.sent(json.dumps({"type": "Clear"}))
    assert [(usage.outcome, usage.heard) for usage in booked] == [("ok", True), ("cancelled", False)]


def test_elevenlabs_books_a_context_that_failed_only_after_it_sounded(booked: Booked) -> None:
    watch = ElevenLabsWatch(
        Bookings("quality", "s1", booked.append), MODELS["eleven_flash_v2_5"], Handshake({}, {})
    )
    for context in ("a", "b"):
        watch.sent(json.dumps({"context_id": context, "text": " "}))
        watch.sent(json.dumps({"context_id": context, "text": "Twelve chars ", "flush": True}))
    watch.received(json.dumps({"context_id": "a", "error": "quota_exceeded", "message": "x"}))
    watch.received(json.dumps({"context_id": "b", "audio": "AAAA"}))
    watch.received(json.dumps({"context_id": "b", "error": "internal_error", "message": "x"}))
    assert [(usage.units["characters"], usage.outcome, usage.heard) for usage in booked] == [
        (13, "failed", True)
    ]


def test_elevenlabs_books_nothing_of_what_it_refused_with_the_whole_socket(booked: Booked) -> None:
    watch = ElevenLabsWatch(
        Bookings("quality", "s1", booked.append), MODELS["eleven_flash_v2_5"], Handshake({}, {})
    )
    watch.sent(json.dumps({"context_id": "a", "text": "Twelve chars ", "flush": True}))
    watch.received(json.dumps({"error": "quota_exceeded", "message": "x", "code": 1008}))
    watch.ended(True)
    assert list(booked) == []
