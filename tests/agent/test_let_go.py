"""Who is told that nobody is heard, and answers it, is there: the call goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc

from agent import persona
from agent.followed import Followed
from agent.phone_manners import PhoneManners
from agent.silence import SilencePatience
from tests.agent.virtual_time import VirtualLoop

pytestmark = pytest.mark.unit


class Scene:
    """A telephone that stays silent until it is told so."""

    def __init__(self, while_told: Callable[[Scene], None]) -> None:
        self.ended: list[str] = []
        self.said: list[str] = []
        self.tells: dict[str, Callable[[Any], None]] = {}
        self.tasks: list[asyncio.Task[Any]] = []
        self._while_told = while_told
        self.session = SimpleNamespace(agent_state="speaking")
        self.room: rtc.EventEmitter[str] = rtc.EventEmitter()
        self.manners = PhoneManners(
            cast("rtc.Room", self.room),
            SilencePatience(window=10.0, asks=0),
            turns=cast("Any", SimpleNamespace(number=1, spelling=SimpleNamespace(open=str, close=str))),
            questions=lambda: cast("Any", SimpleNamespace(ask_again=bool)),
            session=lambda: cast("Any", self),
            greeting=str,
            is_busy=bool,
            end=self.ended.append,
            spawn=lambda work, name: self.tasks.append(asyncio.create_task(work, name=name)),
        )

    async def hush(self) -> None: ...

    def say(self, line: str, *, followed: tuple[Followed, ...]) -> None:
        self.said.append(line)
        self._while_told(self)
        followed[0].ended()

    def words(self, text: str) -> None:
        self.tells["user_input_transcribed"](SimpleNamespace(transcript=text))

    def key(self) -> None:
        self.room.emit("sip_dtmf_received", SimpleNamespace(digit="5"))

    async def is_silent(self) -> None:
        self.manners.open(cast("Any", SimpleNamespace(on=self.tells.__setitem__)))
        self.tells["agent_state_changed"](SimpleNamespace(new_state="listening"))
        await asyncio.sleep(11)
        await asyncio.gather(*self.tasks)


def ended(loop: VirtualLoop, while_told: Callable[[Scene], None]) -> list[str]:
    async def run() -> Scene:
        scene = Scene(while_told)
        await scene.is_silent()
        scene.manners.close()
        return scene

    scene = loop.run_until_complete(run())
    assert scene.said == [persona.NOBODY_HEARD]
    return scene.ended


def test_who_stays_silent_is_let_go(loop: VirtualLoop) -> None:
    assert ended(loop, lambda _scene: None) == ["silent"]


@pytest.mark.parametrize("comes_back", [lambda scene: scene.words("Wait, I'm here"), Scene.key])
def test_who_answers_the_last_question_is_not_hung_up_on(
    loop: VirtualLoop, comes_back: Callable[[Scene], None]
) -> None:
    assert ended(loop, comes_back) == []


def test_a_session_that_says_nothing_any_more_ends_the_call(loop: VirtualLoop) -> None:
    def fails(_scene: Scene) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        ended(loop, fails)
