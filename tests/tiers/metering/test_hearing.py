"""Seconds of the caller's sound, by Deepgram's real plugin and the sandbox's invoice."""

import asyncio
import json
from typing import Any, cast

import pytest
from livekit.agents import stt

from sandbox.desk import Desk
from tests.tiers.metering.conftest import CALL, Booked, Line, sound, until
from tiers.cascade import Cascade, connecting
from tiers.catalogue import MODELS
from tiers.metering.bookings import Bookings
from tiers.metering.hearing import HearingWatch
from tiers.metering.taps import Handshake

pytestmark = pytest.mark.unit


def open_stream(economy: Cascade) -> stt.RecognizeStream:
    return economy.stt.stream(conn_options=connecting().stt_conn_options)


async def connected(desk: Desk) -> None:
    await until(lambda: desk.connections.count("deepgram-stt"))


async def test_streamed_sound_is_booked_to_the_millisecond_silence_included(
    economy: Cascade, booked: Booked, desk: Desk
) -> None:
    stream = open_stream(economy)
    for frame in [*sound(2.0), *sound(9.3, loud=False)]:
        stream.push_frame(frame)
    stream.end_input()
    await asyncio.wait_for(desk.invoice.grown(1), 20)
    await stream.aclose()
    (row,) = desk.invoice.rows(tag=CALL)
    assert sum(usage.units["audio_ms"] for usage in booked) == round(row.units["audio_seconds"] * 1000)
    assert [usage.event_id for usage in booked] == [f"s1:{row.request_id}:{n}" for n in (1, 2, 3)]
    assert all(usage.model == "nova-3" and usage.certainty == "actual" for usage in booked)
    booked.check(desk.invoice.rows())


async def test_the_seconds_before_a_sudden_close_are_booked_and_idle_time_is_not(
    economy: Cascade, booked: Booked, desk: Desk
) -> None:
    stream = open_stream(economy)
    await connected(desk)
    for frame in sound(1.0):
        stream.push_frame(frame)
    await asyncio.sleep(1.5)  # only KeepAlive passes, which the vendor does not bill
    await stream.aclose()
    await asyncio.wait_for(desk.invoice.grown(1), 20)
    (row,) = desk.invoice.rows()
    assert [usage.units["audio_ms"] for usage in booked] == [round(row.units["audio_seconds"] * 1000)]
    assert booked[0].units["audio_ms"] <= 1000
    booked.check(desk.invoice.rows())


async def test_a_reconnection_is_a_request_of_its_own(economy: Cascade, booked: Booked, desk: Desk) -> None:
    stream = open_stream(economy)
    await connected(desk)
    for frame in sound(1.0):
        stream.push_frame(frame)
    await until(lambda: not stream._input_ch.qsize())
    cast("Any", stream).update_options(keyterm=["milk"])
    await asyncio.wait_for(desk.invoice.grown(1), 20)
    await connected(desk)
    for frame in sound(1.0):
        stream.push_frame(frame)
    stream.end_input()
    await asyncio.wait_for(desk.invoice.grown(2), 20)
    await stream.aclose()
    assert len({usage.event_id.split(":")[1] for usage in booked}) == 2
    booked.check(desk.invoice.rows())


async def test_sound_on_a_line_that_broke_is_an_estimate(
    economy: Cascade, booked: Booked, desk: Desk, line: tuple[Line, int]
) -> None:
    stream = open_stream(economy)
    await connected(desk)
    for frame in sound(3.0):
        stream.push_frame(frame)
    await until(lambda: not stream._input_ch.qsize())
    await asyncio.sleep(0.1)
    line[0].cut()
    await asyncio.wait_for(desk.invoice.grown(1), 20)
    await until(lambda: booked)
    assert (booked[0].certainty, booked[0].outcome) == ("estimated", "failed")
    await stream.aclose()
    await until(lambda: not desk.connections.count("deepgram-stt"))
    booked.check(desk.invoice.rows(), broken=True)


async def test_who_is_refused_or_never_speaks_pays_nothing(
    economy: Cascade, booked: Booked, desk: Desk
) -> None:
    stream = open_stream(economy)
    await connected(desk)
    await stream.aclose()
    assert booked == []


@pytest.mark.parametrize(("encoding", "rate", "channels"), [("linear16", 16_000, 1), ("mulaw", 8_000, 2)])
def test_the_length_of_sound_follows_from_how_the_socket_was_opened(
    booked: Booked, encoding: str, rate: int, channels: int
) -> None:
    query = {"encoding": encoding, "sample_rate": str(rate), "channels": str(channels)}
    watch = HearingWatch(
        Bookings("economy", "s1", booked.append), MODELS["nova-3"], Handshake(query, {"dg-request-id": "r"})
    )
    sample = 2 if encoding == "linear16" else 1
    for _ in range(51):
        watch.sent(bytes(rate * channels * sample // 50))
        watch.sent(json.dumps({"type": "KeepAlive"}))
    watch.ended(False)
    watch.ended(False)
    assert [usage.units for usage in booked] == [{"audio_ms": 1020}]
