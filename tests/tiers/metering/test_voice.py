"""Characters of our speech, by Cartesia's real plugin and the sandbox's invoice."""

import asyncio
import json

import pytest
from livekit.agents import APIError, tts

from agent.pieces import sentences_of
from sandbox.desk import Desk
from sandbox.profiles import PROFILES
from tests.tiers.metering.conftest import Booked, Line, until
from tiers.cascade import Cascade, connecting
from tiers.catalogue import MODELS
from tiers.metering.bookings import Bookings
from tiers.metering.taps import Handshake
from tiers.metering.voice import VoiceWatch

pytestmark = pytest.mark.unit

TEXT = "I have added buy milk. It is due tomorrow. Would you like anything else today? "


async def speak(economy: Cascade, *texts: str) -> None:
    async with economy.tts.stream(conn_options=connecting().tts_conn_options) as stream:
        for text in texts:
            stream.push_text(text)
        stream.end_input()
        async for _ in stream:
            pass


async def begun(economy: Cascade, text: str, frames: int = 1) -> tts.SynthesizeStream:
    """A speech that is going on."""
    stream = economy.tts.stream(conn_options=connecting().tts_conn_options)
    stream.push_text(text)
    for _ in range(frames):
        await asyncio.wait_for(anext(aiter(stream)), 20)
    return stream


async def test_whole_speeches_are_booked_by_the_character(
    economy: Cascade, booked: Booked, desk: Desk
) -> None:
    await speak(economy, "I have added ", "buy milk. It is ", "due tomorrow.")
    await speak(economy, "  Straße — 🥛 naïve.  ")
    rows = desk.invoice.rows()
    assert sum(usage.units["characters"] for usage in booked) == sum(row.units["characters"] for row in rows)
    assert [(usage.outcome, usage.certainty, usage.heard) for usage in booked] == [("ok", "actual", True)] * 2
    assert {usage.model for usage in booked} == {"sonic-3"}
    booked.check(rows)
    assert booked.microdollars == sum(row.microdollars for row in rows)


async def test_an_interrupted_speech_costs_all_that_was_sent(
    economy: Cascade, booked: Booked, desk: Desk
) -> None:
    stream = await begun(economy, TEXT * 3)
    await stream.aclose()
    await until(lambda: booked)
    assert [(usage.outcome, usage.heard) for usage in booked] == [("cancelled", True)]
    assert booked[0].units["characters"] > 100
    booked.check(desk.invoice.rows())


async def test_a_speech_thrown_away_before_it_sounded_is_flagged(
    economy: Cascade, booked: Booked, desk: Desk
) -> None:
    slow = PROFILES["instant"].model_copy(update={"tts": PROFILES["seed"].llm})
    desk.profile = slow
    stream = economy.tts.stream(conn_options=connecting().tts_conn_options)
    stream.push_text(TEXT * 2)
    stream.flush()
    await asyncio.wait_for(desk.invoice.grown(1), 20)
    await stream.aclose()
    await until(lambda: booked)
    assert [(usage.outcome, usage.heard) for usage in booked] == [("cancelled", False)]
    booked.check(desk.invoice.rows())


async def test_a_line_that_breaks_in_a_speech_costs_what_was_sent_each_time(
    economy: Cascade, booked: Booked, desk: Desk, line: tuple[Line, int]
) -> None:
    desk.profile = PROFILES["instant"].model_copy(update={"tts": PROFILES["seed"].llm})
    stream = economy.tts.stream(conn_options=connecting().tts_conn_options)
    for sentence in sentences_of(TEXT):
        stream.push_text(sentence)
    stream.end_input()
    await asyncio.wait_for(desk.invoice.grown(2), 20)
    line[0].cut()
    async for _ in stream:  # the plugin tries again
        pass
    await stream.aclose()
    assert [(usage.outcome, usage.certainty) for usage in booked] == [
        ("failed", "estimated"),
        ("ok", "actual"),
    ]
    booked.check(desk.invoice.rows(), broken=True)


async def test_what_is_handed_to_a_vendor_that_shuts_its_door_costs_nothing(
    economy: Cascade, booked: Booked, desk: Desk
) -> None:
    desk.faults.set("cartesia", "accept-then-close")
    with pytest.raises(APIError):
        await speak(economy, TEXT)
    assert booked == []
    assert desk.invoice.rows() == []
    desk.faults.clear()
    await speak(economy, TEXT)
    booked.check(desk.invoice.rows())


def test_what_ends_in_an_error_before_any_sound_costs_nothing_and_after_it_everything(booked: Booked) -> None:
    watch = VoiceWatch(Bookings("economy", "s1", booked.append), MODELS["sonic-3"], Handshake({}, {}))
    for context in ("a", "b", "c"):
        watch.sent(json.dumps({"context_id": context, "transcript": "Twelve chars ", "continue": True}))
    watch.received(json.dumps({"context_id": "a", "type": "error", "done": True, "status_code": 402}))
    watch.received(json.dumps({"context_id": "b", "type": "chunk", "data": "AAAA", "done": False}))
    watch.received(json.dumps({"context_id": "b", "type": "error", "done": True, "status_code": 402}))
    for context in ("a", "b"):  # a model goes on writing until somebody tells it
        watch.sent(json.dumps({"context_id": context, "transcript": "and more of it", "continue": True}))
    watch.sent(json.dumps({"context_id": "c", "cancel": True}))
    watch.received(json.dumps({"context_id": "c", "type": "done", "done": True}))
    watch.ended(broken=False)
    assert [(usage.units["characters"], usage.outcome, usage.heard) for usage in booked] == [
        (12, "failed", True),
        (12, "cancelled", False),
    ]
