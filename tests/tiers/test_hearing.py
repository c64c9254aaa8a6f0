"""Who speaks is written down: an ear that writes nothing has failed, and one that goes on writing has not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import pytest

from sandbox.deepgram_recognition import QUIET_RESULT_SECONDS
from tests.agent.virtual_time import VirtualLoop
from tiers.cascade import Cascade
from tiers.catalogue import MODELS
from tiers.faults import Fault
from tiers.metering.taps import SocketTap
from tiers.parts import Built
from tiers.vendor_watch import VendorWatch
from tiers.watch import SHORT_PIECES, SHORT_WITHIN_SECONDS, Failure, Hearing, VendorPatience, Watch

pytestmark = pytest.mark.unit

WORDS = VendorPatience().words
SIGN = VendorPatience().sign


class Ear:
    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.failures: list[Failure] = []
        self._hearing = Hearing(Watch(self.failures.append), loop.time)
        self._hearing.serves("deepgram-stt")

    def speaks(self, speaking: bool) -> None:
        self.loop.do(lambda: self._hearing.caller_speaks(speaking))

    def renewed(self) -> None:
        """Another ear of the same name hears from now on."""
        self.loop.do(lambda: self._hearing.serves("deepgram-stt"))

    def says(self) -> None:
        """A message without words: a piece of silence, an empty result."""
        self.loop.do(self._hearing.said)

    @property
    def faults(self) -> list[Fault]:
        return [failure.fault for failure in self.failures]

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


def test_an_ear_that_answers_a_second_of_music_with_no_words_is_left_and_not_blamed(ear: Ear) -> None:
    ear.speaks(True)
    ear.passes(1.1)
    ear.says()
    ear.speaks(False)
    ear.passes(WORDS + 0.1)
    assert ear.faults == [Fault.NO_WORDS]
    assert not Fault.NO_WORDS.counts
    assert Fault.NO_WORDS.remedy == "swap"


def test_an_empty_result_in_the_wait_is_an_answer_too(ear: Ear) -> None:
    ear.speaks(True)
    ear.passes(1.1)
    ear.speaks(False)
    ear.passes(WORDS / 2)
    ear.writes("", final=True)
    ear.passes(WORDS)
    assert ear.faults == [Fault.NO_WORDS]


def test_an_ear_that_says_nothing_at_all_since_the_voice_began_is_blamed(ear: Ear) -> None:
    ear.says()
    ear.speaks(True)
    ear.passes(1.1)
    ear.speaks(False)
    ear.passes(WORDS + 0.1)
    assert ear.faults == [Fault.VENDOR_DOWN]
    assert Fault.VENDOR_DOWN.counts


def test_an_ear_that_began_to_write_and_never_ended_it_is_blamed_whatever_else_it_says(ear: Ear) -> None:
    ear.speaks(True)
    ear.passes(1.1)
    ear.writes("add a task to")
    ear.speaks(False)
    ear.passes(WORDS / 2)
    ear.says()
    ear.passes(WORDS)
    assert ear.faults == [Fault.VENDOR_DOWN]


def test_a_voice_that_comes_again_while_words_are_owed_does_not_hide_that_the_ear_answered(ear: Ear) -> None:
    ear.speaks(True)
    ear.passes(1.1)
    ear.speaks(False)
    ear.passes(0.3)
    ear.says()
    ear.speaks(True)
    ear.passes(WORDS)
    assert ear.faults == [Fault.NO_WORDS]


def short_answers(ear: Ear, count: int, *, seconds: float = 0.6, apart: float = 2.0) -> None:
    for _ in range(count):
        ear.speaks(True)
        ear.passes(seconds)
        ear.speaks(False)
        ear.passes(apart)


def test_an_ear_that_says_nothing_to_one_short_answer_after_the_other_has_failed(ear: Ear) -> None:
    ear.writes("add a task to buy milk", final=True)
    short_answers(ear, SHORT_PIECES)
    ear.passes(WORDS)
    assert [(failure.what, failure.fault) for failure in ear.failures] == [("no_words", Fault.VENDOR_DOWN)]


def test_a_short_answer_or_two_or_the_clicks_of_a_line_are_owed_no_words(ear: Ear) -> None:
    short_answers(ear, SHORT_PIECES - 1)
    ear.passes(SIGN)
    ear.writes("yes", final=True)
    short_answers(ear, 5 * SHORT_PIECES, seconds=0.3)
    ear.passes(SIGN)
    assert not ear.failures


def test_short_pieces_that_are_spread_over_minutes_are_not_added_up(ear: Ear) -> None:
    short_answers(ear, 3 * SHORT_PIECES, apart=SHORT_WITHIN_SECONDS / (SHORT_PIECES - 1))
    ear.passes(SIGN)
    assert not ear.failures


def test_an_ear_that_says_that_there_were_no_words_in_a_cough_is_alive_whoever_coughs_on(ear: Ear) -> None:
    short_answers(ear, SHORT_PIECES, apart=0.5)
    ear.says()
    for _ in range(5):
        short_answers(ear, SHORT_PIECES - 1, apart=0.5)
        ear.says()
    short_answers(ear, SHORT_PIECES - 1, apart=0.5)
    ear.passes(SIGN * 2)
    assert not ear.failures


def test_an_ear_has_as_long_for_a_sign_as_it_needs_in_silence_however_quickly_somebody_coughs(
    ear: Ear,
) -> None:
    ear.says()
    short_answers(ear, SHORT_PIECES, seconds=0.5, apart=0.1)
    ear.passes(QUIET_RESULT_SECONDS - SHORT_PIECES * 0.6)
    ear.says()
    ear.passes(SIGN * 2)
    assert not ear.failures


def test_a_whole_sentence_is_owed_its_words_also_while_a_sign_is_waited_for(ear: Ear) -> None:
    short_answers(ear, SHORT_PIECES, seconds=0.5, apart=0.1)
    ear.speaks(True)
    ear.passes(1.2)
    ear.speaks(False)
    ear.passes(WORDS + 0.1)
    assert [failure.what for failure in ear.failures] == ["no_words"]


def test_another_ear_owes_nothing_for_what_the_one_before_it_did_not_hear(ear: Ear) -> None:
    short_answers(ear, SHORT_PIECES - 1)
    ear.renewed()
    short_answers(ear, SHORT_PIECES - 1)
    ear.passes(SIGN)
    assert not ear.failures


async def test_what_comes_on_the_ears_socket_is_its_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiers.watch.SPEECH_SECONDS", 0.0)
    failed: asyncio.Future[Failure] = asyncio.get_running_loop().create_future()
    tap = SocketTap()
    model = MODELS["nova-3"]
    models = SimpleNamespace(parts={"stt": model}, built={"stt": Built(model, None, tap)})
    watch = VendorWatch(cast("Cascade", models), failed.set_result, patience=VendorPatience(words=0.01))
    watch.caller_speaks(True)
    assert tap.overhear is not None
    tap.overhear('{"type": "Results", "channel": {"alternatives": [{"transcript": ""}]}}')
    watch.caller_speaks(False)
    failure = await asyncio.wait_for(failed, 20)
    watch.close()
    assert (failure.service, failure.fault) == ("deepgram-stt", Fault.NO_WORDS)
