"""Whose worker died hears at once that somebody is there, and then that we go on; nothing is said twice or over it."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import Awaitable, Callable
from importlib.resources import files
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit.agents import llm

from agent import cut_off as module
from agent import persona
from agent.cut_off import BEGIN_SECONDS, LONGEST_SECONDS, CutOff
from agent.going_on import go_on_from
from agent.pauses import LOOK_SECONDS
from agent.thread import Thread
from agent.whoever_serves import QUIET_SECONDS, WhoeverServes

pytestmark = pytest.mark.unit

SAID = llm.ChatContext([llm.ChatMessage(role="assistant", content=["I've added it."])])
ASKED = llm.ChatContext([llm.ChatMessage(role="user", content=["What is on my list?"])])


class Told:
    """What a room was told, in the order in which it was."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, play: Callable[[], Awaitable[object]]) -> None:
        self.heard: list[str] = []
        self.written: list[str] = []
        self.begin: Callable[[], None] = lambda: None

        async def playing(_room: Any, name: str, *, on_begun: Callable[[], None]) -> None:
            self.begin = on_begun
            await play()
            self.heard.append(name)

        async def write(_room: Any, text: str) -> None:
            self.written.append(text)

        monkeypatch.setattr(module, "play_recording", playing)
        monkeypatch.setattr(module, "write", write)
        room: Any = None
        self.cut_off = CutOff(room)


class Session:
    """What a session was asked to say."""

    serves, is_quiet, owes = True, True, False

    def __init__(self) -> None:
        self.said: list[str] = []
        self.waits_for_turn = False

    def say(self, text: str) -> None:
        self.said.append(text)

    def reply(self, _text: str | None) -> None:
        self.said.append("an answer")


async def at_once() -> None: ...


async def fails() -> None:
    raise RuntimeError("the room takes no track")


async def gone_on(thread: Thread, cut_off: CutOff | None, *, turns: int = 0) -> list[str]:
    """What is said where a call goes on whose caller has had so many turns more by then."""
    session = Session()
    now = SimpleNamespace(turn=thread.turn)
    if cut_off is not None and turns:
        cut_off._saying.add_done_callback(lambda _: setattr(now, "turn", thread.turn + turns))
    ours: Any = WhoeverServes(lambda: cast("Any", session))
    await go_on_from(thread, cut_off, turn=lambda: now.turn, ours=ours)
    return session.said


def begun_to_go_on(
    thread: Thread, told: Told, session: Session, turn: Callable[[], int]
) -> asyncio.Task[None]:
    """A call that goes on, as long as it takes."""
    ours: Any = WhoeverServes(lambda: cast("Any", session))
    return asyncio.create_task(go_on_from(thread, told.cut_off, turn=turn, ours=ours))


def test_the_recording_is_there_and_shorter_than_it_is_waited_for() -> None:
    with (files("agent") / "sounds" / "cut_off.wav").open("rb") as file, wave.open(file) as sound:
        assert 1.0 < sound.getnframes() / sound.getframerate() < LONGEST_SECONDS - 1


async def test_it_is_heard_and_written(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told(monkeypatch, at_once)
    assert await told.cut_off.was_said()
    assert told.heard == ["cut_off"]
    assert told.written == [persona.CUT_OFF]


async def test_the_rest_of_the_start_waits_until_it_is_on_its_way_and_not_for_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = Told(monkeypatch, asyncio.Event().wait)
    starting = asyncio.create_task(told.cut_off.begun())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not starting.done()
    told.begin()
    await asyncio.wait_for(starting, BEGIN_SECONDS / 2)
    assert told.heard == []
    await told.cut_off.aclose()


async def test_the_rest_of_the_start_does_not_wait_for_what_cannot_be_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await asyncio.wait_for(Told(monkeypatch, fails).cut_off.begun(), BEGIN_SECONDS / 2)
    monkeypatch.setattr(module, "BEGIN_SECONDS", 0.01)
    silent = Told(monkeypatch, asyncio.Event().wait).cut_off
    await asyncio.wait_for(silent.begun(), BEGIN_SECONDS / 2)
    await silent.aclose()


async def test_our_own_voice_waits_for_its_end_and_does_not_say_the_same_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended = asyncio.Event()
    told = Told(monkeypatch, ended.wait)
    going_on = asyncio.create_task(gone_on(Thread(4, SAID), told.cut_off))
    await asyncio.sleep(0)
    assert not going_on.done()
    ended.set()
    assert await going_on == []


async def test_who_spoke_last_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told(monkeypatch, at_once)
    assert await gone_on(Thread(4, ASKED), told.cut_off) == ["an answer"]


async def test_what_a_tool_did_and_nobody_told_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    done = [
        *ASKED.items,
        llm.ChatMessage(role="assistant", content=["Sure."]),
        llm.FunctionCall(call_id="1", name="list_tasks", arguments="{}"),
        llm.FunctionCallOutput(call_id="1", name="list_tasks", output="[]", is_error=False),
    ]
    told = Told(monkeypatch, at_once)
    thread = Thread(4, llm.ChatContext(done))
    assert await gone_on(thread, told.cut_off) == ["an answer"]


async def test_who_talked_on_meanwhile_is_not_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told(monkeypatch, at_once)
    assert await gone_on(Thread(4, ASKED), told.cut_off, turns=1) == []


async def test_who_says_it_again_already_is_answered_to_that_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    told, session, now = Told(monkeypatch, at_once), Session(), SimpleNamespace(turn=4)
    session.waits_for_turn = True
    going_on = begun_to_go_on(Thread(4, ASKED), told, session, lambda: now.turn)
    assert await told.cut_off.was_said()
    await asyncio.sleep(LOOK_SECONDS * 1.5)
    assert not going_on.done(), "not into their words"
    now.turn, session.waits_for_turn = 5, False
    await asyncio.wait_for(going_on, QUIET_SECONDS)
    assert session.said == []


async def test_who_said_it_again_while_the_session_began_is_answered_to_that_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told, session, now = Told(monkeypatch, at_once), Session(), SimpleNamespace(turn=4)
    going_on = begun_to_go_on(Thread(4, ASKED), told, session, lambda: now.turn)
    await asyncio.sleep(LOOK_SECONDS * 1.5)
    session.waits_for_turn = True  # its detector has heard what was kept for it
    await asyncio.sleep(LOOK_SECONDS * 5)
    assert not going_on.done()
    now.turn, session.waits_for_turn = 5, False
    await asyncio.wait_for(going_on, QUIET_SECONDS)
    assert session.said == []


async def test_a_caption_that_fails_takes_nothing_from_what_was_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = Told(monkeypatch, at_once)
    monkeypatch.setattr(module, "write", lambda _room, _text: fails())
    assert await gone_on(Thread(4, SAID), told.cut_off) == []
    assert told.heard == ["cut_off"]


async def test_a_lost_thread_is_told_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await gone_on(Thread(4), Told(monkeypatch, at_once).cut_off) == [persona.THREAD_LOST_TOO]
    assert await gone_on(Thread(4), None) == [persona.THREAD_LOST]


async def test_a_lost_thread_is_not_told_into_somebodys_words(monkeypatch: pytest.MonkeyPatch) -> None:
    told, session = Told(monkeypatch, at_once), Session()
    session.waits_for_turn = True
    going_on = begun_to_go_on(Thread(4), told, session, lambda: 4)
    assert await told.cut_off.was_said()
    await asyncio.sleep(LOOK_SECONDS * 1.5)
    assert session.said == []
    session.waits_for_turn = False
    await asyncio.wait_for(going_on, QUIET_SECONDS)
    assert session.said == [persona.THREAD_LOST_TOO]


async def test_where_the_recording_fails_our_voice_says_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told(monkeypatch, fails)
    assert not await told.cut_off.was_said()
    assert await gone_on(Thread(4, SAID), told.cut_off) == [persona.CUT_OFF]


async def test_a_call_that_ends_meanwhile_says_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told(monkeypatch, asyncio.Event().wait)
    await asyncio.sleep(0)
    await told.cut_off.aclose()
    assert told.heard == []
    assert not await told.cut_off.was_said()
