"""The line outlives its sessions, and what it relies on in livekit is still there."""

import ast
import asyncio
import inspect
import textwrap
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc
from livekit.agents import AgentSession
from livekit.agents.voice import io, room_io

from agent.line import FORWARDED, Line, SessionFacade
from agent.ports import CaptionPort, SpeechPort, Tap
from agent.rehearsal.stage import Microphone, NoRoom

pytestmark = pytest.mark.unit


def frame(value: int = 1) -> rtc.AudioFrame:
    return rtc.AudioFrame(bytes([value, 0]) * 240, 24_000, 1, 240)


class Sink(io.AudioOutput):
    def __init__(self) -> None:
        super().__init__(
            label="sink", capabilities=io.AudioOutputCapabilities(pause=True), sample_rate=24_000
        )
        self.frames = 0
        self.events: list[str] = []

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        self.frames += 1

    def flush(self) -> None:
        super().flush()
        self.events.append("flush")

    def clear_buffer(self) -> None:
        self.events.append("clear")

    def pause(self) -> None:
        self.events.append("pause")

    def resume(self) -> None:
        self.events.append("resume")

    def on_attached(self) -> None:
        self.events.append("attached")

    def on_detached(self) -> None:
        self.events.append("detached")


class Captions(io.TextOutput):
    def __init__(self) -> None:
        super().__init__(label="captions", next_in_chain=None)
        self.texts: list[str] = []

    async def capture_text(self, text: str) -> None:
        self.texts.append(text)

    def flush(self) -> None:
        self.texts.append("|")


def shared_sink() -> tuple[Sink, io.AudioOutput]:
    """A leaf and the wrapper that RoomIO puts above it: a port sits on a wrapper, never on a bare leaf."""
    leaf = Sink()

    class Wrapper(io.AudioOutput):
        def __init__(self) -> None:
            super().__init__(
                label="wrapper", capabilities=io.AudioOutputCapabilities(pause=True), next_in_chain=leaf
            )

        async def capture_frame(self, frame: rtc.AudioFrame) -> None:
            await super().capture_frame(frame)
            assert self.next_in_chain is not None
            await self.next_in_chain.capture_frame(frame)

        def flush(self) -> None:
            super().flush()
            assert self.next_in_chain is not None
            self.next_in_chain.flush()

        def clear_buffer(self) -> None:
            assert self.next_in_chain is not None
            self.next_in_chain.clear_buffer()

    return leaf, Wrapper()


async def test_a_session_speaks_through_its_port_until_the_port_is_closed() -> None:
    leaf, sink = shared_sink()
    port = SpeechPort(sink)
    await port.capture_frame(frame())
    port.flush()
    leaf.on_playback_finished(playback_position=0.01, interrupted=False)
    port.close()
    await port.capture_frame(frame())
    port.flush()
    port.clear_buffer()
    assert leaf.frames == 1
    assert leaf.events.count("flush") == 1
    assert "clear" not in leaf.events


@pytest.mark.parametrize("is_whole", [True, False])
async def test_a_port_that_is_closed_in_mid_sentence_leaves_nothing_in_the_sink(is_whole: bool) -> None:
    leaf, sink = shared_sink()
    port = SpeechPort(sink)
    await port.capture_frame(frame())
    if is_whole:  # all of it was given to the sink, and is not played yet
        port.flush()
    port.pause()
    port.close()
    port.close()
    paused_behind = ["flush", "pause"] if is_whole else ["pause", "flush"]
    assert leaf.events == [*paused_behind, "clear", "resume"]


async def test_a_sink_that_was_paused_before_the_first_sound_does_not_stay_so() -> None:
    leaf, sink = shared_sink()
    port = SpeechPort(sink)
    port.pause()
    port.close()
    assert leaf.events == ["pause", "resume"]


async def test_attaching_and_detaching_a_port_leaves_the_shared_sink_alone() -> None:
    leaf, sink = shared_sink()
    port = SpeechPort(sink)
    port.on_attached()
    port.on_detached()
    assert leaf.events == []


async def test_the_end_of_playback_reaches_the_open_port_and_no_closed_one() -> None:
    leaf, sink = shared_sink()
    old, new = SpeechPort(sink), SpeechPort(sink)
    old.close()
    heard: list[str] = []
    old.on("playback_finished", lambda _ev: heard.append("old"))
    new.on("playback_finished", lambda _ev: heard.append("new"))
    await new.capture_frame(frame())
    new.flush()
    leaf.on_playback_finished(playback_position=0.01, interrupted=False)
    assert heard == ["new"]


async def test_captions_stop_with_their_port() -> None:
    sink = Captions()
    port = CaptionPort(sink)
    await port.capture_text("a")
    port.close()
    await port.capture_text("b")
    port.flush()
    assert sink.texts == ["a"]


async def test_a_tap_gives_its_frames_in_order_and_then_ends() -> None:
    tap = Tap()
    for value in (1, 2, 3):
        tap.push(frame(value))
    tap.close()
    assert [bytes(heard.data)[0] for heard in [one async for one in tap]] == [1, 2, 3]


async def test_a_tap_that_nobody_reads_keeps_the_newest_and_still_ends() -> None:
    tap = Tap()
    for _ in range(2_000):
        tap.push(frame())
    tap.push(frame(9))
    tap.close()
    async with asyncio.timeout(5):
        frames = [one async for one in tap]
    assert len(frames) <= 600
    assert bytes(frames[-1].data)[0] == 9


def test_the_facade_forwards_the_live_session_and_no_longer_the_one_before() -> None:
    facade = SessionFacade()
    heard: list[str] = []
    facade.on("agent_state_changed", heard.append)
    first, second = rtc.EventEmitter[str](), rtc.EventEmitter[str]()
    facade.follow(first)  # type: ignore[arg-type]
    first.emit("agent_state_changed", "one")
    facade.follow(second)  # type: ignore[arg-type]
    first.emit("agent_state_changed", "ghost")
    second.emit("agent_state_changed", "two")
    assert heard == ["one", "two"]


def test_the_facade_has_everything_that_a_room_io_asks_of_its_session() -> None:
    tree = ast.parse(textwrap.dedent(inspect.getsource(room_io.RoomIO)))
    asked = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "_agent_session"
    }
    assert asked
    assert not [name for name in asked if not hasattr(SessionFacade(), name)]


def test_the_facade_forwards_what_a_room_io_listens_to_besides_close() -> None:
    source = inspect.getsource(room_io.RoomIO.start)
    listened = {part.split('"')[1] for part in source.split("self._agent_session.on(")[1:]}
    assert listened == {*FORWARDED, "close"}


def test_a_session_takes_its_ears_and_mouth_from_outside() -> None:
    for name in ("input", "output"):
        assert isinstance(inspect.getattr_static(AgentSession, name), property)


class OneTap(Line):
    """A line whose room's input and output are a test's."""

    def __init__(self) -> None:
        super().__init__(cast("rtc.Room", NoRoom("caller")), "caller")
        self.microphone = Microphone()

        async def nothing() -> None: ...

        self._room_io = cast(
            "Any",
            SimpleNamespace(
                audio_input=self.microphone,
                audio_output=Sink(),
                transcription_output=Captions(),
                start=nothing,
                aclose=nothing,
            ),
        )


def deaf_session() -> Any:
    """What a line is attached to: inputs and outputs, and no events."""
    return SimpleNamespace(
        input=SimpleNamespace(audio=None),
        output=SimpleNamespace(audio=None, transcription=None),
        on=lambda *_: None,
        off=lambda *_: None,
    )


async def test_what_is_said_before_we_know_who_it_is_reaches_no_session() -> None:
    line = OneTap()
    session = deaf_session()
    await line.open()
    line.ignore()
    for value in (11, 12, 13):  # a PIN, spoken aloud
        line.ring.push(frame(value))
    line.heed()
    assert line._early is not None
    line._early.push(frame(21))
    line.attach(session)
    heard = await anext(aiter(session.input.audio))
    assert bytes(heard.data)[0] == 21
    assert line.ring.frames() == []
    await line.close()


async def test_a_caller_who_was_cut_off_in_mid_sentence_does_not_speak_for_ever() -> None:
    line = OneTap()
    session = deaf_session()
    line.attach(session)
    line.ring.speaks(True)
    assert line.is_spoken_into
    line.detach()
    assert not line.is_spoken_into, "with nobody left to hear that they have ended, a gap would never be one"
