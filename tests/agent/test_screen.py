"""The caller's screen: looked at with leave, while it is shared and paid for, and not a moment longer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from livekit import rtc
from PIL import Image

import agent.looking as looking_module
from agent.gate import Gate
from agent.screen import CannotSeeError, Screen
from agent.screen_channel import TOPIC
from agent.screen_tool import LOOK, read_screen
from agent.seen import Seen
from routing.sight_budget import Funds
from tests.agent.rig import Context
from tests.agent.test_frames import frame
from tiers.faults import Fault
from tiers.sighting import Reading, Sighting
from tiers.vision_fault import VisionError

pytestmark = pytest.mark.unit

CALLER = "caller"
ONE = Reading(status="seen", items=(Sighting(title="Fix the login", due_words="Friday", confidence=0.9),))


class FakeVision:
    """What looks on: answers what it is given, or fails."""

    def __init__(self) -> None:
        self.shown: list[bytes] = []
        self.closed = False
        self.fails = False
        self.holds: asyncio.Event | None = None

    async def show(self, jpeg: bytes) -> None:
        if self.fails:
            raise VisionError(Fault.VENDOR_DOWN, "down")
        self.shown.append(jpeg)

    async def ask(self, about: str, *, within: float, judged: bool) -> Reading:
        if self.holds is not None:
            await asyncio.wait_for(self.holds.wait(), within)
        if self.fails or self.closed:
            raise VisionError(Fault.VENDOR_DOWN, "down")
        return ONE

    async def aclose(self) -> None:
        self.closed = True


class Room(rtc.EventEmitter[str]):
    """A room with the caller in it, whose page reads what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[dict[str, Any]] = []
        self.local_participant = self
        self.remote_participants: dict[str, Any] = {CALLER: SimpleNamespace(track_publications={})}

    def isconnected(self) -> bool:
        return True

    async def send_text(self, text: str, *, topic: str, destination_identities: list[str]) -> None:
        assert (topic, destination_identities) == (TOPIC, [CALLER])
        self.told.append(json.loads(text))

    def register_text_stream_handler(self, topic: str, handler: Any) -> None: ...
    def unregister_text_stream_handler(self, topic: str) -> None: ...


class Stage:
    """A screen on a fake room, and time by hand."""

    def __init__(self) -> None:
        self.room = Room()
        self.now = 0.0
        self.spoken = False
        self.funds: Funds = "held"
        self.said: list[str] = []
        self.visions: list[FakeVision] = []
        self.frames: asyncio.Queue[rtc.VideoFrame | Exception] = asyncio.Queue()
        self.caller = SimpleNamespace(identity=CALLER)
        self.publication = SimpleNamespace(
            source=rtc.TrackSource.SOURCE_SCREENSHARE, muted=False, track=SimpleNamespace(sid="TR_1")
        )
        self.screen = Screen(
            self.room,  # type: ignore[arg-type]
            caller_identity=CALLER,
            vision=self._vision,  # type: ignore[arg-type]
            funds=lambda: self.funds,
            is_spoken=lambda: self.spoken,
            on_gone=lambda: self.said.append("gone"),
            on_spent=lambda: self.said.append("spent"),
            on_in_vain=lambda: self.said.append("in vain"),
            frames=self._frames,
            clock=lambda: self.now,
        )
        self.screen.open()

    def _vision(self) -> FakeVision:
        self.visions.append(FakeVision())
        return self.visions[-1]

    async def _frames(self, _track: Any, _clock: Any) -> AsyncIterator[rtc.VideoFrame]:
        while True:
            got = await self.frames.get()
            if isinstance(got, Exception):
                self.frames.task_done()
                raise got
            yield got
            self.frames.task_done()

    def share(self, *, leave: bool = True) -> None:
        if leave:
            self.screen.allow(True)
        self.publication.muted = False
        self.room.emit("track_subscribed", self.publication.track, self.publication, self.caller)

    def mute(self, muted: bool = True) -> None:
        self.publication.muted = muted
        self.room.emit("track_muted" if muted else "track_unmuted", self.caller, self.publication)

    async def page_shows(self, state: str) -> None:
        await asyncio.wait_for(_until(lambda: self.room.told and self.room.told[-1] == {"state": state}), 5)

    def stop(self) -> None:
        self.room.emit("track_unsubscribed", SimpleNamespace(sid="TR_1"), None, None)

    async def shows(self, colour: str) -> None:
        self.frames.put_nowait(frame(Image.new("RGB", (320, 180), colour)))
        await asyncio.wait_for(self.frames.join(), 10)

    async def read(self) -> Reading:
        return await self.screen.read("this")

    async def cannot(self) -> str:
        with pytest.raises(CannotSeeError) as failed:
            await self.read()
        return failed.value.why


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    made = Stage()
    yield made
    await made.screen.aclose()
    assert all(vision.closed for vision in made.visions)


async def test_without_a_screen_it_says_so(stage: Stage) -> None:
    assert await stage.cannot() == "no_screen"


async def test_without_leave_nothing_is_looked_at(stage: Stage) -> None:
    stage.share(leave=False)
    assert await stage.cannot() == "not_allowed"
    assert stage.visions == []
    stage.screen.allow(True)
    await stage.shows("white")
    assert await stage.read() == ONE


async def test_leave_that_is_taken_back_ends_sight_at_once(stage: Stage) -> None:
    stage.share()
    await stage.shows("white")
    stage.screen.allow(False)
    assert await stage.cannot() == "not_allowed"
    assert stage.screen._looking is None


async def test_frames_are_sent_on_change_once_a_second_in_speech_and_less_in_silence(stage: Stage) -> None:
    stage.share()
    stage.spoken = True
    await stage.shows("white")
    vision = stage.visions[0]
    assert len(vision.shown) == 1
    stage.now = 1.5
    await stage.shows("white")  # the same
    assert len(vision.shown) == 1
    await stage.shows("black")
    assert len(vision.shown) == 2
    stage.now = 2.0
    await stage.shows("white")  # too soon
    assert len(vision.shown) == 2
    stage.spoken, stage.now = False, 4.0
    await stage.shows("white")  # silence
    assert len(vision.shown) == 2
    stage.now = 7.0
    await stage.shows("white")
    assert len(vision.shown) == 3


async def test_a_question_is_about_the_newest_frame_however_soon_it_comes(stage: Stage) -> None:
    stage.share()
    await stage.shows("white")
    await stage.shows("black")  # too soon to be sent by itself
    assert len(stage.visions[0].shown) == 1
    await stage.read()
    assert len(stage.visions[0].shown) == 2


async def test_when_sharing_stops_nothing_is_seen_and_the_old_frames_are_gone(stage: Stage) -> None:
    """Case B48."""
    stage.share()
    await stage.shows("white")
    await stage.read()
    looking = stage.screen._looking
    assert looking is not None
    assert looking.frame is not None
    stage.stop()
    assert stage.said == ["gone"]
    assert await stage.cannot() == "no_screen"
    await asyncio.wait_for(_until(lambda: stage.visions[0].closed), 2)
    assert stage.screen._looking is None
    assert looking.frame is None
    stage.share()  # again, with leave of its own
    await stage.shows("black")
    assert len(stage.visions) == 2
    assert await stage.read() == ONE


async def test_an_answer_about_a_screen_that_went_meanwhile_is_none(stage: Stage) -> None:
    stage.share()
    await stage.shows("white")
    stage.visions[0].holds = asyncio.Event()
    asking = asyncio.create_task(stage.read())
    await asyncio.sleep(0)
    stage.stop()
    stage.visions[0].holds.set()
    with pytest.raises(CannotSeeError) as failed:
        await asking
    assert failed.value.why == "no_screen"


async def test_leave_is_given_for_one_sharing(stage: Stage) -> None:
    stage.share()
    stage.stop()
    stage.share(leave=False)
    assert await stage.cannot() == "not_allowed"


async def test_a_vendor_that_is_dead_is_told_and_the_page_knows(stage: Stage) -> None:
    stage.share()
    await stage.shows("white")
    stage.visions[0].fails = True
    assert await stage.cannot() == "cannot_see"
    await asyncio.sleep(0)
    assert stage.room.told[-1] == {"state": "blind"}
    stage.visions[0].fails = False
    assert await stage.read() == ONE


async def test_a_screen_of_which_no_frame_comes_is_not_waited_for_long(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking_module, "FIRST_FRAME_SECONDS", 0.05)
    stage.share()
    assert await stage.cannot() == "cannot_see"


async def test_when_the_money_ends_sight_ends_with_one_word(stage: Stage) -> None:
    stage.share()
    await stage.shows("white")
    stage.funds = "spent"
    assert await stage.cannot() == "spent"
    assert await stage.cannot() == "spent"
    assert stage.said == ["spent"]
    assert stage.screen._looking is None
    stage.funds = "held"  # not for the rest of the call
    stage.stop()
    stage.share()
    assert await stage.cannot() == "spent"


async def test_money_that_ends_while_nobody_asks_ends_sight_too(stage: Stage) -> None:
    stage.share()
    await stage.shows("white")
    stage.funds, stage.now = "spent", 9.0
    stage.frames.put_nowait(frame(Image.new("RGB", (320, 180), "black")))
    await asyncio.wait_for(_until(lambda: stage.said == ["spent"]), 5)
    assert len(stage.visions[0].shown) == 1


async def test_a_window_that_is_minimised_for_a_while_is_seen_again_without_new_leave(stage: Stage) -> None:
    """Its track is muted meanwhile; the sharing goes on."""
    stage.share()
    await stage.shows("white")
    await stage.read()
    stage.mute()
    await stage.page_shows("blind")
    assert await stage.cannot() == "cannot_see"
    await asyncio.wait_for(_until(lambda: stage.visions[0].closed), 2)
    assert stage.said == []
    stage.mute(False)
    await stage.page_shows("watching")
    await stage.shows("black")
    assert await stage.read() == ONE
    stage.mute()
    stage.stop()
    assert stage.said == ["gone"]
    stage.share(leave=False)
    assert await stage.cannot() == "not_allowed"


async def test_a_track_that_was_muted_before_we_came_is_seen_when_it_shows_something(stage: Stage) -> None:
    stage.screen.allow(True)
    stage.publication.muted = True
    stage.room.emit("track_subscribed", stage.publication.track, stage.publication, stage.caller)
    assert await stage.cannot() == "cannot_see"
    stage.mute(False)
    await stage.shows("white")
    assert await stage.read() == ONE


async def test_a_moment_without_money_reserved_only_pauses_sight(stage: Stage) -> None:
    stage.share()
    await stage.shows("white")
    stage.funds, stage.now = "waiting", 9.0
    await stage.shows("black")
    await stage.page_shows("blind")
    assert len(stage.visions[0].shown) == 1
    assert await stage.cannot() == "cannot_see"
    stage.funds = "held"
    assert await stage.read() == ONE
    await asyncio.wait_for(_until(lambda: stage.room.told[-1]["state"] == "watching"), 2)
    assert len(stage.visions) == 1
    assert stage.said == []


async def test_sharing_that_begins_in_such_a_moment_is_seen_as_soon_as_it_is_over(stage: Stage) -> None:
    stage.funds = "waiting"
    stage.share()
    await stage.shows("white")
    await stage.page_shows("blind")
    stage.funds = "held"
    await stage.shows("white")
    await stage.page_shows("watching")
    assert len(stage.visions[0].shown) == 1


async def test_who_shares_again_when_the_money_is_spent_is_told_so_each_time(stage: Stage) -> None:
    stage.share()
    await stage.shows("white")
    stage.funds = "spent"
    assert await stage.cannot() == "spent"
    await stage.page_shows("spent")
    for times in (1, 2):
        stage.stop()
        await stage.page_shows("off")
        stage.share()
        await stage.page_shows("spent")
        assert stage.said == ["spent", *["in vain"] * times]
    assert len(stage.visions) == 1


async def test_sharing_for_the_first_time_without_any_money_left_says_so_once(stage: Stage) -> None:
    stage.funds = "spent"
    stage.share()
    await stage.page_shows("spent")
    assert stage.said == ["in vain"]
    assert stage.visions == []


async def test_a_watch_that_dies_of_whatever_is_not_shown_as_sight_and_leaves_no_link(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.share()
    await stage.shows("white")
    await stage.page_shows("watching")
    stage.frames.put_nowait(RuntimeError("a stream that broke"))
    await stage.page_shows("blind")
    assert stage.screen._looking is None
    await asyncio.wait_for(_until(lambda: stage.visions[0].closed), 2)
    assert "screen.watching_failed" in caplog.text
    asking = asyncio.create_task(stage.read())  # who asks has it looked at anew
    await asyncio.wait_for(_until(lambda: len(stage.visions) == 2), 2)
    await stage.shows("white")
    assert await asking == ONE


async def test_a_frame_that_no_picture_can_be_made_of_ends_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_large(_: rtc.VideoFrame) -> bytes:
        raise ValueError("a frame of 9000x9000")

    with monkeypatch.context() as patch:
        patch.setattr(looking_module, "jpeg", too_large)
        stage.share()
        await stage.shows("white")
        assert await stage.cannot() == "cannot_see"
    await stage.shows("black")
    assert await stage.read() == ONE


async def test_of_several_things_the_one_that_may_be_told_is_seen(stage: Stage) -> None:
    stage.share()
    await stage.shows("white")
    secret = Sighting(title="Password: hunter2xyz", confidence=0.9)

    async def ask(about: str, *, within: float, judged: bool) -> Reading:
        return Reading(status="several", items=(secret, *ONE.items))

    stage.visions[0].ask = ask  # type: ignore[method-assign]
    assert await stage.read() == ONE
    await asyncio.wait_for(_until(lambda: "read" in stage.room.told[-1]), 2)


async def test_nobody_elses_screen_is_looked_at(stage: Stage) -> None:
    stage.screen.allow(True)
    publication = SimpleNamespace(source=rtc.TrackSource.SOURCE_SCREENSHARE, muted=False)
    stage.room.emit(
        "track_subscribed", SimpleNamespace(sid="TR_9"), publication, SimpleNamespace(identity="somebody")
    )
    assert stage.screen._track is None


# -- the tool


async def look(
    screen: Screen | None, gate: Gate, seen: Seen | None = None, *, by_phone: bool = False
) -> dict[str, Any]:
    tool: Any = read_screen(screen, seen or Seen(), gate, turn=lambda: 1, by_phone=by_phone)
    output = await tool(raw_arguments={}, ctx=Context('{"about": "this"}'))
    answer: dict[str, Any] = json.loads(getattr(output, "output", output))
    return answer


async def test_the_tool_gives_title_and_date_and_says_that_they_are_data(stage: Stage) -> None:
    stage.share()
    await stage.shows("white")
    told = await look(stage.screen, Gate())
    assert told["status"] == "seen"
    assert told["items"] == [{"title": "Fix the login", "due_words": "Friday", "confidence": 0.9}]
    assert "data" in told["tell"]


async def test_the_tool_asks_for_leave_by_the_gate(stage: Stage) -> None:
    stage.share(leave=False)
    gate = Gate()
    told = await look(stage.screen, gate)
    assert told["status"] == "waiting_for_confirmation"
    assert gate.pending is not None
    assert gate.pending.tools == [LOOK]


async def test_on_a_telephone_there_is_no_screen_and_on_a_page_without_a_vendor_it_cannot_be_seen() -> None:
    assert (await look(None, Gate(), by_phone=True))["status"] == "no_screen"
    assert (await look(None, Gate()))["status"] == "cannot_see"


async def _until(condition: Any) -> None:
    while not condition():
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("status", ["several", "unreadable", "nothing"])
async def test_what_was_read_before_is_taken_off_the_page_by_a_look_that_finds_no_one_thing(
    stage: Stage, status: Any
) -> None:
    stage.share()
    await stage.shows("black")
    await stage.read()
    await asyncio.wait_for(_until(lambda: stage.room.told[-1].get("read")), 2)
    items = ONE.items * 2 if status == "several" else ()

    async def ask(about: str, *, within: float, judged: bool) -> Reading:
        stage.now += 2.5
        return Reading(status=status, items=items)

    stage.visions[0].ask = ask  # type: ignore[method-assign]
    await stage.read()
    await asyncio.wait_for(_until(lambda: stage.room.told[-1] == {"state": "watching", "read": None}), 2)


async def test_a_first_frame_that_cannot_be_read_is_followed_by_the_next(stage: Stage) -> None:
    stage.share()
    await stage.shows("black")
    answers = [Reading(status="unreadable"), ONE]

    async def ask(about: str, *, within: float, judged: bool) -> Reading:
        return answers.pop(0)

    stage.visions[0].ask = ask  # type: ignore[method-assign]
    reading = asyncio.create_task(stage.read())
    await asyncio.sleep(0.01)
    await stage.shows("white")
    assert await asyncio.wait_for(reading, 5) == ONE


@pytest.mark.parametrize("error", [VisionError(Fault.VENDOR_DOWN, "no answer in time"), TimeoutError()])
async def test_a_second_look_that_fails_keeps_the_first_answer(stage: Stage, error: Exception) -> None:
    stage.share()
    await stage.shows("black")
    unreadable = Reading(status="unreadable")
    asked: list[bool] = []

    async def ask(about: str, *, within: float, judged: bool) -> Reading:
        asked.append(judged)
        if len(asked) == 1:
            stage.now += 1.2
            return unreadable
        raise error

    stage.visions[0].ask = ask  # type: ignore[method-assign]
    reading = asyncio.create_task(stage.read())
    await asyncio.sleep(0.01)
    await stage.shows("white")
    assert await asyncio.wait_for(reading, 5) == unreadable
    assert asked == [True, False]  # 4 s are time enough to be judged by, what is left of them is not


async def test_without_time_for_another_answer_no_second_look_is_taken(stage: Stage) -> None:
    stage.share()
    await stage.shows("black")
    unreadable = Reading(status="unreadable")
    asked = []

    async def ask(about: str, *, within: float, judged: bool) -> Reading:
        asked.append(about)
        stage.now += 2.5
        await stage.shows("white")
        return unreadable

    stage.visions[0].ask = ask  # type: ignore[method-assign]
    assert await asyncio.wait_for(stage.read(), 5) == unreadable
    assert len(asked) == 1
