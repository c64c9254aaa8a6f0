"""Openings are made once for each voice, kept for the calls of all workers, and heard before the voice has made a sound."""

from __future__ import annotations

import array
import asyncio
import logging
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from livekit import rtc
from livekit.agents import APIError
from redis.asyncio import Redis

from agent.kept_sounds import KEY, KeptSounds, VoiceOpenings, trimmed
from agent.openings import OPENINGS, Sound
from sandbox.profiles import PROFILES, Span
from tests.agent.live_call import live_call, timed_turns
from tiers.cascade import Cascade
from tiers.catalogue import MODELS
from tiers.parts import Built

RATE = 24_000
SLOW_MS = 2_500.0


@pytest.fixture
async def redis(valkey: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(valkey) as redis:
        yield redis


async def _kept(redis: Redis) -> list[bytes]:
    return [key async for key in redis.scan_iter(f"{KEY}*")]


@pytest.mark.system
async def test_an_opening_is_heard_while_a_slow_voice_makes_the_rest(
    port: int, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "agent.turn_marks")
    sounds, others = KeptSounds(redis), KeptSounds(redis)
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy", sounds=sounds) as live:
        models = live.serving.session._models
        assert isinstance(models, Cascade)
        voice = models.built["tts"].voice
        assert not sounds.of(voice), "a call that is only greeted pays for none"
        await live.turn("What can you do?")
        await live.until(lambda: sounds.of(voice).keys() == set(OPENINGS), 20, "all openings are made")
        live.desk.profile = PROFILES["instant"].model_copy(
            update={"tts": Span(low_ms=SLOW_MS, high_ms=SLOW_MS)}
        )
        caplog.clear()
        said = await live.turn("What can you do?")
        (turn,) = timed_turns(caplog)
        assert turn["sound"] - turn["thought"] < SLOW_MS / 2_000, turn
        opening = next(each for each in OPENINGS if said.startswith(each))
        assert said.count(opening) == 1, said
        assert turn["opened"] - turn["playing"] == pytest.approx(sounds.of(voice)[opening].seconds, abs=0.001)
        assert "list your tasks" in said
    others.ask(voice)
    await others._beside.aclose(wait=5)
    assert others.of(voice) == sounds.of(voice)
    await sounds.aclose()
    for key in await _kept(redis):
        assert 0 < await redis.ttl(key) <= 7 * 86_400


@pytest.mark.unit
def test_a_kept_sound_begins_with_its_word_and_ends_with_a_short_pause() -> None:
    quiet, loud = array.array("h", [50] * RATE), array.array("h", [900] * (RATE // 2))
    kept = trimmed(Sound((quiet + loud + quiet).tobytes(), RATE))
    assert kept is not None
    assert kept.seconds == pytest.approx(0.01 + 0.5 + 0.08, abs=0.001)


@pytest.mark.unit
def test_silence_and_what_is_far_too_long_are_not_kept() -> None:
    assert trimmed(Sound(bytes(2 * RATE), RATE)) is None
    assert trimmed(Sound(array.array("h", [900] * 3 * RATE).tobytes(), RATE)) is None


class _Stream:
    """What a voice makes of one text: half a second, and whether it came to its end."""

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole

    async def __aenter__(self) -> _Stream:
        return self

    async def __aexit__(self, *_: object) -> None: ...

    def push_text(self, _text: str) -> None: ...

    def end_input(self) -> None: ...

    async def __aiter__(self) -> AsyncIterator[Any]:
        loud = array.array("h", [900] * (RATE // 4)).tobytes()
        for last in (False, True):
            if last and not self._whole:
                return  # as a plugin that is closed ends
            yield SimpleNamespace(frame=rtc.AudioFrame(loud, RATE, 1, RATE // 4), is_final=last)


def _built(*, whole: bool) -> Built:
    plugin = SimpleNamespace(sample_rate=RATE, stream=lambda **_: _Stream(whole=whole))
    return Built(MODELS["sonic-3"], plugin, voice=f"a voice {uuid4().hex}")


@pytest.mark.system
async def test_what_was_broken_off_is_kept_by_nobody(redis: Redis) -> None:
    sounds, built = KeptSounds(redis), _built(whole=False)
    sounds.make(built, lambda: None)
    await sounds._beside.aclose(wait=5)
    assert not sounds.of(built.voice)


@pytest.mark.system
async def test_a_voice_that_reports_an_error_is_asked_for_no_more_and_nothing_of_it_is_kept(
    redis: Redis,
) -> None:
    sounds, built = KeptSounds(redis), _built(whole=True)
    troubles = iter([None, APIError("too many at once", retryable=True)])
    sounds.make(built, lambda: next(troubles))
    await sounds._beside.aclose(wait=5)
    assert sounds.of(built.voice).keys() == {OPENINGS[0]}


@pytest.mark.system
async def test_a_session_that_ends_makes_nothing_more(redis: Redis) -> None:
    asked: list[str] = []
    goes_on = asyncio.Event()

    class Slow(_Stream):
        def push_text(self, text: str) -> None:
            asked.append(text)

        async def __aiter__(self) -> AsyncIterator[Any]:
            await goes_on.wait()
            yield SimpleNamespace(frame=rtc.AudioFrame(bytes(2), RATE, 1, 1), is_final=True)

    sounds, built = KeptSounds(redis), _built(whole=True)
    built.plugin.stream = lambda **_: Slow(whole=True)
    openings = VoiceOpenings(sounds, lambda: built)
    openings.begins_with(OPENINGS[0])
    openings.paused()
    async with asyncio.timeout(5):
        while not asked:
            await asyncio.sleep(0.01)
        await openings.aclose()
    goes_on.set()
    await sounds._beside.aclose(wait=5)
    assert len(asked) == 1
    assert not sounds.of(built.voice)


@pytest.mark.system
async def test_of_calls_that_begin_together_one_alone_has_the_openings_made(redis: Redis) -> None:
    first, second, built = KeptSounds(redis), KeptSounds(redis), _built(whole=True)
    asked: list[str] = []
    plenty = built.plugin.stream

    def stream(**options: Any) -> _Stream:
        asked.append("")
        made: _Stream = plenty(**options)
        return made

    built.plugin.stream = stream
    for sounds in (first, second):
        sounds.make(built, lambda: None)
    for sounds in (first, second):
        await sounds._beside.aclose(wait=5)
    assert len(asked) == len(OPENINGS)
    third = KeptSounds(redis)
    third.make(built, lambda: None)
    await third._beside.aclose(wait=5)
    assert len(asked) == len(OPENINGS), "they are kept"
    assert third.of(built.voice).keys() == set(OPENINGS)
