"""Who is silent is asked, and let go; our own work, words and keys are no silence, and music is nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agent.silence import Silence, SilencePatience
from tests.agent.virtual_time import VirtualLoop

pytestmark = pytest.mark.unit


class Scene:
    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.busy = False
        self.asked: list[tuple[float, int]] = []
        self.gone: list[float] = []
        self.silence = Silence(
            SilencePatience(),
            is_busy=lambda: self.busy,
            on_ask=lambda number: self.asked.append((loop.time(), number)),
            on_gone=lambda: self.gone.append(loop.time()),
        )

    def we(self, state: str) -> None:
        self.loop.do(lambda: self.silence.we(state))

    def sounds(self, sounding: bool) -> None:
        self.loop.do(lambda: self.silence.caller_sounds(sounding))

    def heard(self) -> None:
        self.loop.do(self.silence.heard)

    def passes(self, seconds: float) -> None:
        self.loop.pass_seconds(seconds)


@pytest.fixture
def scene() -> Iterator[Scene]:
    loop = VirtualLoop()
    try:
        yield Scene(loop)
    finally:
        loop.close()


def test_a_silent_caller_is_asked_twice_and_then_let_go(scene: Scene) -> None:
    scene.we("listening")
    for _ in range(3):
        scene.passes(10.1)
        scene.we("speaking")
        scene.passes(2)
        scene.we("listening")
    assert [number for _, number in scene.asked] == [1, 2]
    assert len(scene.gone) == 1
    scene.passes(300)
    assert len(scene.asked) == 2
    assert len(scene.gone) == 1


def test_a_question_that_makes_no_sound_is_no_reason_to_wait_for_ever(scene: Scene) -> None:
    scene.we("listening")
    scene.passes(31)
    assert len(scene.asked) == 2
    assert len(scene.gone) == 1


def test_a_word_or_a_key_begins_anew(scene: Scene) -> None:
    scene.we("listening")
    scene.passes(10.1)
    scene.heard()
    scene.passes(9)
    assert len(scene.asked) == 1
    scene.passes(2)
    assert [number for _, number in scene.asked] == [1, 1]


def test_nobody_is_asked_over_our_own_work_and_a_full_window_follows_it(scene: Scene) -> None:
    scene.we("thinking")
    scene.passes(30)
    assert scene.asked == []
    scene.busy = True
    scene.we("listening")  # a confirmed action runs without a thought
    scene.passes(35)
    assert scene.asked == []
    scene.busy = False
    scene.we("speaking")
    scene.passes(3)
    scene.we("listening")
    scene.passes(9.5)
    assert scene.asked == []
    scene.passes(1)
    assert len(scene.asked) == 1
    scene.we("speaking")
    scene.passes(1)
    scene.we("listening")
    scene.passes(10.5)
    assert len(scene.asked) == 2, "a second time comes later"


def test_a_long_sentence_of_the_caller_is_no_silence(scene: Scene) -> None:
    scene.we("listening")
    scene.sounds(True)
    scene.passes(60)
    assert scene.asked == []
    assert scene.gone == []


def test_music_on_hold_is_asked_nothing_and_is_nobody_in_the_end(scene: Scene) -> None:
    scene.we("listening")
    for _ in range(35):
        scene.sounds(True)
        scene.passes(4)
        scene.sounds(False)
        scene.passes(1)
    assert scene.asked == []
    assert scene.gone == []
    scene.sounds(True)
    scene.passes(10)
    assert len(scene.gone) == 1


def test_who_comes_back_from_hold_is_still_there(scene: Scene) -> None:
    scene.we("listening")
    scene.sounds(True)
    scene.passes(170)
    scene.heard()
    scene.passes(20)
    assert scene.gone == []


def test_after_the_end_nothing_is_counted(scene: Scene) -> None:
    scene.we("listening")
    scene.loop.do(scene.silence.close)
    scene.sounds(True)
    scene.passes(400)
    assert scene.asked == []
    assert scene.gone == []


def let_go(scene: Scene) -> None:
    scene.we("listening")
    scene.passes(31)
    scene.we("speaking")
    assert len(scene.gone) == 1


def test_who_says_a_word_while_they_are_let_go_is_there_and_counted_anew(scene: Scene) -> None:
    let_go(scene)
    scene.heard()
    assert scene.loop.run_until_complete(goes_on(scene))
    scene.we("listening")
    scene.passes(25)
    assert [number for _, number in scene.asked] == [1, 2, 1, 2]
    assert len(scene.gone) == 1


def test_who_only_sounds_while_they_are_let_go_has_time_for_a_word(scene: Scene) -> None:
    let_go(scene)
    scene.sounds(True)
    assert scene.loop.run_until_complete(goes_on(scene))
    scene.passes(3)
    scene.heard()
    scene.sounds(False)
    scene.we("listening")
    scene.passes(9)
    assert len(scene.gone) == 1


def test_a_sound_without_a_word_puts_the_end_off_once(scene: Scene) -> None:
    let_go(scene)
    scene.sounds(True)
    assert scene.loop.run_until_complete(goes_on(scene))
    scene.sounds(False)
    scene.we("listening")
    scene.passes(11)
    assert len(scene.gone) == 2
    scene.sounds(True)  # our own voice comes back from their telephone
    assert not scene.silence.goes_on()


def test_music_is_nobody_however_long_it_sounds_while_they_are_let_go(scene: Scene) -> None:
    scene.we("listening")
    scene.sounds(True)
    scene.passes(181)
    assert len(scene.gone) == 1
    scene.sounds(False)
    scene.sounds(True)
    assert not scene.silence.goes_on()


async def goes_on(scene: Scene) -> bool:
    return scene.silence.goes_on()
