"""Who speaks is written down: an ear that writes nothing has failed, and one that goes on writing has not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.agent.virtual_time import VirtualLoop
from tiers.watch import Failure, Hearing, VendorPatience, Watch

pytestmark = pytest.mark.unit

WORDS = VendorPatience().words


class Ear:
    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.failures: list[Failure] = []
        self._hearing = Hearing(Watch(self.failures.append), loop.time)
        self._hearing.service = "deepgram-stt"

    def speaks(self, speaking: bool) -> None:
        self.loop.do(lambda: self._hearing.caller_speaks(speaking))

    def writes(self, text: str, *, final: bool = False) -> None:
        self.loop.do(lambda: self._hearing.heard(text, final=final))

    def passes(self, seconds: float) -> None:
        self.loop.pass_seconds(seconds)


@pytest.fixture
def ear() -> Iterator[Ear]:
    loop = VirtualLoop()
    yield Ear(loop)
    loop.close()


def a_breath_in_a_long_sentence(ear: Ear) -> None:
    ear.speaks(True)
    ear.passes(1.2)
    ear.writes("add a task to")
    ear.speaks(False)
    ear.passes(0.1)
    ear.speaks(True)


def test_an_ear_that_writes_on_while_the_caller_speaks_on_behind_a_breath_has_not_failed(ear: Ear) -> None:
    a_breath_in_a_long_sentence(ear)
    for words in ("sweep", "sweep the long", "sweep the long stairs", "sweep the long stairs behind"):
        ear.passes(WORDS / 2)
        ear.writes(f"add a task to {words}")
    ear.passes(WORDS / 2)
    ear.writes("add a task to sweep the long stairs behind our house", final=True)
    ear.speaks(False)
    ear.passes(WORDS * 2)
    assert not ear.failures


def test_an_ear_that_writes_the_same_again_and_never_ends_it_has_failed(ear: Ear) -> None:
    a_breath_in_a_long_sentence(ear)
    for _ in range(4):
        ear.passes(WORDS / 2)
        ear.writes("add a task to")
    assert [failure.what for failure in ear.failures] == ["no_words"]


def test_an_ear_that_falls_silent_behind_a_breath_has_failed(ear: Ear) -> None:
    a_breath_in_a_long_sentence(ear)
    ear.passes(WORDS / 2)
    ear.writes("add a task to sweep")
    ear.passes(WORDS + 0.1)
    assert [failure.service for failure in ear.failures] == ["deepgram-stt"]


def test_who_begins_to_speak_again_and_again_does_not_hide_an_ear_that_writes_nothing(ear: Ear) -> None:
    for _ in range(3):
        ear.speaks(True)
        ear.passes(1.1)
        ear.speaks(False)
        ear.passes(0.3)
    ear.passes(0.2)
    assert [failure.what for failure in ear.failures] == ["no_words"]
