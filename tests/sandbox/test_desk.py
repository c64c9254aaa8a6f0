"""What the stand-ins share: clock, latency, invoice, connections, told words and scripts."""

import asyncio
import time

import pytest

from sandbox.clock import Clock
from sandbox.connections import Connections
from sandbox.desk import Desk
from sandbox.invoice import Invoice
from sandbox.profiles import PROFILES, Latency
from sandbox.scripts import ScriptedReply
from sandbox.told import MAX_TEXT, Told, ToldError
from sandbox.tone import Tone

pytestmark = pytest.mark.unit


async def test_a_scaled_clock_passes_an_hour_in_a_moment() -> None:
    clock = Clock(scale=100_000)
    before, wall = clock.now(), time.monotonic()
    await clock.sleep(3600)
    assert clock.now() - before >= 3600
    assert time.monotonic() - wall < 5
    assert clock.real(100_000) == 1


def test_a_clock_that_stands_still_is_refused() -> None:
    with pytest.raises(ValueError, match="scale"):
        Clock(0)


def test_the_same_seed_gives_the_same_delays() -> None:
    one, other = Latency(PROFILES["seed"], 7), Latency(PROFILES["seed"], 7)
    assert [one.of("llm") for _ in range(20)] == [other.of("llm") for _ in range(20)]
    assert [Latency(PROFILES["seed"], 8).of("llm") for _ in range(3)] != [other.of("llm") for _ in range(3)]


def test_the_seed_profile_is_the_seeds_latency_with_the_network_both_ways() -> None:
    latency = Latency(PROFILES["seed"], 1)
    assert latency.of("stt") == pytest.approx(0.13)
    for part, low, high in (("llm", 0.24, 0.44), ("tts", 0.08, 0.13), ("realtime", 0.24, 0.34)):
        drawn = [latency.of(part) for _ in range(200)]  # type: ignore[arg-type]
        assert min(drawn) >= low
        assert max(drawn) <= high
        assert max(drawn) - min(drawn) > (high - low) / 2


def test_the_instant_profile_has_no_delay_at_all() -> None:
    latency = Latency(PROFILES["instant"], 1)
    assert [latency.of(part) for part in ("stt", "llm", "tts", "realtime")] == [0, 0, 0, 0]


async def test_what_a_stand_in_works_is_part_of_the_vendors_time(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, slept = Desk(profile=PROFILES["seed"]), list[float]()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(desk.clock, "sleep", sleep)
    await desk.pause("stt")
    await desk.pause("stt", since=desk.clock.now() - 0.1)
    assert slept == [pytest.approx(0.13), pytest.approx(0.03, abs=0.01)]


def test_an_invoice_adds_up_and_can_be_asked_for_one_call() -> None:
    invoice = Invoice(Clock())
    one = invoice.charge(
        vendor="deepgram", model="nova-3", request_id="r1", units={"audio_seconds": 60}, tag="call-1"
    )
    invoice.charge(
        vendor="openai", model="gpt-4o", request_id="r2", units={"output_tokens": 10}, status="cancelled"
    )
    assert invoice.microdollars == one.microdollars + 100
    assert invoice.as_json()["by_vendor"] == {"deepgram": 7700, "openai": 100}
    mine = invoice.as_json(tag="call-1")
    assert [row["request_id"] for row in mine["rows"]] == ["r1"]
    assert mine["microdollars"] == 7700
    invoice.reset()
    assert (invoice.rows(), invoice.microdollars, invoice.count) == ([], 0, 0)


async def test_waiting_for_a_charge_ends_when_it_comes() -> None:
    invoice = Invoice(Clock())
    waiting = asyncio.create_task(invoice.grown(2))
    for number in range(2):
        await asyncio.sleep(0)
        assert not waiting.done()
        invoice.charge(vendor="cartesia", model="sonic-3", request_id=str(number), units={"characters": 1})
    await asyncio.wait_for(waiting, 5)


def test_connections_are_counted_while_open_and_ever_even_when_they_fail() -> None:
    connections = Connections(Clock())

    def fail() -> None:
        with connections.open("cartesia", "call-1"):
            assert connections.count("cartesia") == 1
            raise ConnectionResetError

    with connections.open("deepgram-stt"), pytest.raises(ConnectionResetError):
        fail()
    assert (connections.count(), connections.ever("cartesia"), connections.ever("deepgram-stt")) == (0, 1, 1)


async def test_told_words_come_to_their_call_in_order() -> None:
    told = Told()
    told.put("a", "first")
    told.put("a", "second")
    told.put("b", "other")
    assert [await told.next("a"), await told.next("a"), await told.next("b")] == ["first", "second", "other"]
    assert await told.next("a", timeout=0.01) is None


async def test_told_words_wake_who_waits_for_them() -> None:
    told = Told()
    waiting = asyncio.create_task(told.next("a", timeout=5))
    await asyncio.sleep(0)
    told.put("a", "hello")
    assert await waiting == "hello"


def test_told_words_are_bounded() -> None:
    told = Told()
    with pytest.raises(ToldError):
        told.put("a", "x" * (MAX_TEXT + 1))
    for _ in range(200):
        told.put("a", "x")
    with pytest.raises(ToldError):
        told.put("a", "x")


def test_scripts_wait_for_the_call_that_they_are_for(desk: Desk) -> None:
    desk.scripts.add([ScriptedReply(content="mine", tag="a"), ScriptedReply(content="anyone's")])
    assert [reply and reply.content for reply in map(desk.scripts.next, ("b", "b", "a"))] == [
        "anyone's",
        None,
        "mine",
    ]
    with pytest.raises(OverflowError):
        desk.scripts.add([ScriptedReply(content="x")] * 1001)


async def test_the_tone_is_as_long_as_the_words_and_nothing_is_no_sound() -> None:
    tone = Tone()
    pieces = [piece async for piece in tone.speak("x" * 60)]
    seconds = sum(map(len, pieces)) / 2 / tone.sample_rate
    assert 3.5 < seconds < 4.5
    assert [piece async for piece in tone.speak("  ")] == []
