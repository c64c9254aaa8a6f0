"""The sound that covers a gap is heard in gaps only."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc
from livekit.rtc.participant import PublishTrackError

from agent import hold as module
from agent.hold import COVER_AFTER_SECONDS, Hold

pytestmark = pytest.mark.unit


class Source:
    """Where the sound goes."""

    def __init__(self) -> None:
        self.heard_at: list[float] = []
        self.cleared = 0
        self.heard = asyncio.Event()

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        self.heard_at.append(time.monotonic())
        self.heard.set()
        await asyncio.sleep(frame.duration)

    def clear_queue(self) -> None:
        self.cleared += 1

    async def aclose(self) -> None: ...


def hold_into(source: Source, monkeypatch: pytest.MonkeyPatch, talks: list[bool]) -> Hold:
    async def published(_self: Hold) -> Any:
        _self._source = cast("Any", source)
        return source

    monkeypatch.setattr(module.Hold, "_published", published)
    return Hold(cast("rtc.Room", None), lambda: talks[0])


async def test_a_gap_is_covered_after_a_breath_and_until_our_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source()
    hold = hold_into(source, monkeypatch, [False])
    began = time.monotonic()
    hold.cover()
    async with asyncio.timeout(5):
        await source.heard.wait()
    assert source.heard_at[0] - began >= COVER_AFTER_SECONDS - 0.05
    hold.end()
    heard = len(source.heard_at)
    await asyncio.sleep(0.2)
    assert len(source.heard_at) == heard


async def test_a_wait_for_a_gap_takes_the_place_of_a_longer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source()
    hold = hold_into(source, monkeypatch, [False])
    began = time.monotonic()
    hold.cover(30.0)
    hold.cover()
    hold.cover(20.0)
    async with asyncio.timeout(5):
        await source.heard.wait()
    assert time.monotonic() - began < 5
    await hold.aclose()


async def test_a_caller_who_speaks_is_never_talked_over_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    source, talks = Source(), [True]
    hold = hold_into(source, monkeypatch, talks)
    hold.cover()
    await asyncio.sleep(COVER_AFTER_SECONDS + 0.3)
    assert not source.heard_at
    talks[0], silent_at = False, time.monotonic()
    async with asyncio.timeout(5):
        await source.heard.wait()
    assert source.heard_at[0] - silent_at >= COVER_AFTER_SECONDS - 0.1
    talks[0] = True
    await asyncio.sleep(0.2)
    assert source.cleared >= 1
    heard = len(source.heard_at)
    await asyncio.sleep(COVER_AFTER_SECONDS + 0.2)
    assert len(source.heard_at) == heard
    await hold.aclose()


class Participant:
    """Publishes tracks, as a test lets it."""

    def __init__(self) -> None:
        self.fails = False
        self.published = 0
        self.asked, self.goes_on = asyncio.Event(), asyncio.Event()

    async def publish_track(self, _track: object, _options: object) -> None:
        self.asked.set()
        if self.fails:
            raise PublishTrackError("the room connects again")
        await self.goes_on.wait()
        self.published += 1


def hold_of(participant: Participant, source: Source, monkeypatch: pytest.MonkeyPatch) -> Hold:
    monkeypatch.setattr(rtc, "AudioSource", lambda *_, **__: source)
    monkeypatch.setattr(rtc.LocalAudioTrack, "create_audio_track", lambda *_: None)
    return Hold(cast("rtc.Room", SimpleNamespace(local_participant=participant)))


async def test_a_gap_is_covered_also_where_the_room_took_no_track_in_the_one_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    participant, source = Participant(), Source()
    participant.fails = True
    participant.goes_on.set()
    hold = hold_of(participant, source, monkeypatch)
    hold.cover(0.0)
    assert hold._playing is not None
    await asyncio.wait_for(hold._playing, 5)
    assert not source.heard_at
    participant.fails = False
    hold.cover(0.0)
    await asyncio.wait_for(source.heard.wait(), 5)
    assert participant.published == 1
    await hold.aclose()


async def test_a_gap_that_ends_while_its_track_is_published_leaves_a_track_for_the_next_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    participant, source = Participant(), Source()
    hold = hold_of(participant, source, monkeypatch)
    hold.cover(0.0)
    await asyncio.wait_for(participant.asked.wait(), 5)
    hold.end()
    hold.cover(0.0)
    participant.goes_on.set()
    await asyncio.wait_for(source.heard.wait(), 5)
    assert participant.published == 1
    await hold.aclose()
