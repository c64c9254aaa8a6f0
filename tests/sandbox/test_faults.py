"""Which fault a service shows, and when."""

import asyncio

import pytest

from sandbox.clock import Clock
from sandbox.faults import KINDS, FaultError, Faults

pytestmark = pytest.mark.unit


@pytest.fixture
def faults() -> Faults:
    return Faults(Clock())


def test_without_faults_all_is_well(faults: Faults) -> None:
    for service in KINDS:
        assert faults.arrival(service) is None
        assert faults.answer(service) is None
        assert not faults.active(service)
    assert faults.as_json() == {"sandbox": True, "faults": []}


def test_a_fault_is_of_one_service_and_lasts_until_it_is_cleared(faults: Faults) -> None:
    faults.set("cartesia", "refuse")
    assert [faults.arrival("cartesia"), faults.arrival("cartesia")] == ["refuse", "refuse"]
    assert faults.arrival("deepgram-stt") is None
    faults.clear("deepgram-stt")
    assert faults.active("cartesia", "refuse")
    faults.clear("cartesia")
    assert faults.arrival("cartesia") is None


def test_it_begins_after_as_many_occasions_of_its_own_as_were_said(faults: Faults) -> None:
    faults.set("openai-realtime", "failed-reply", after=2)
    assert faults.arrival("openai-realtime") is None
    assert [faults.answer("openai-realtime") for _ in range(4)] == [
        None,
        None,
        "failed-reply",
        "failed-reply",
    ]


def test_it_shows_as_many_times_as_were_said(faults: Faults) -> None:
    faults.set("openai-chat", "rate-limit", times=1)
    assert [faults.answer("openai-chat") for _ in range(2)] == ["rate-limit", None]
    assert faults.as_json()["faults"] == []


async def test_its_seconds_are_those_of_the_sandbox_s_clock_and_count_from_when_it_begins() -> None:
    clock = Clock(100)
    faults = Faults(clock)
    faults.set("openai-chat", "silent", after=1, seconds=10)
    await clock.sleep(11)
    assert faults.answer("openai-chat") is None
    assert faults.answer("openai-chat") == "silent"
    began = clock.now()
    await asyncio.wait_for(faults.silence("openai-chat"), 5)
    assert 9.9 < clock.now() - began < 60
    assert not faults.active("openai-chat")


async def test_silence_ends_when_it_is_cleared(faults: Faults) -> None:
    faults.set("cartesia", "silent")
    waiting = asyncio.create_task(faults.hold("cartesia"))
    await asyncio.sleep(0)
    assert not waiting.done()
    faults.clear()
    await asyncio.wait_for(waiting, 5)


async def test_a_slow_service_is_four_seconds_late_unless_another_time_is_said() -> None:
    clock = Clock(1000)
    faults = Faults(clock)
    faults.set("cartesia", "slow")
    began = clock.now()
    await faults.hold("cartesia")
    assert clock.now() - began >= 4
    faults.set("cartesia", "slow", delay=60)
    await faults.hold("cartesia")
    assert clock.now() - began >= 64


def test_live_sockets_are_told_when_a_fault_begins_not_when_it_is_set(faults: Faults) -> None:
    seen: list[str] = []
    with faults.watched("openai-realtime", seen.append):
        faults.set("openai-realtime", "cut", after=1)
        assert faults.answer("openai-realtime") is None
        assert seen == []
        assert faults.answer("openai-realtime") == "cut"
        assert seen == ["cut"]
    faults.set("openai-realtime", "cut")
    assert seen == ["cut"]


def test_a_service_that_was_cut_refuses_arrivals_unless_it_was_cut_so_many_times(faults: Faults) -> None:
    faults.set("deepgram-stt", "cut")
    assert faults.arrival("deepgram-stt") == "cut"
    faults.clear()
    faults.set("deepgram-stt", "cut", times=1)
    assert faults.arrival("deepgram-stt") is None


def test_a_session_expires_once(faults: Faults) -> None:
    seen: list[str] = []
    with faults.watched("openai-realtime", seen.append):
        faults.set("openai-realtime", "session-expired")
    assert seen == ["session-expired"]
    assert not faults.active("openai-realtime")


@pytest.mark.parametrize(
    ("service", "kind", "told"),
    [("acme", "refuse", "cartesia, deepgram-stt"), ("cartesia", "no-final", "accept-then-close, cut")],
)
def test_what_there_is_not_is_refused_by_naming_what_there_is(
    faults: Faults, service: str, kind: str, told: str
) -> None:
    with pytest.raises(FaultError, match=told):
        faults.set(service, kind)


def test_what_is_set_is_shown(faults: Faults) -> None:
    faults.set("openai-chat", "stall-mid-stream", after=3, seconds=20)
    faults.set("cartesia", "silent", times=2)
    assert faults.as_json()["faults"] == [
        {
            "service": "openai-chat",
            "kind": "stall-mid-stream",
            "on": False,
            "after": 3,
            "seconds_left": 20,
            "times_left": None,
        },
        {
            "service": "cartesia",
            "kind": "silent",
            "on": True,
            "after": 0,
            "seconds_left": None,
            "times_left": 2,
        },
    ]
