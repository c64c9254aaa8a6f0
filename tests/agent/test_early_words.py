"""An answer is begun on words that are likely to be all, and on none that lead on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from livekit.agents import APIConnectionError, stt

from agent.early_words import HOLDS_SECONDS, EarlyWords
from sandbox.told import BREATH
from tests.agent.live_call import live_call, timed_turns
from tiers.end_of_turn import EndOfTurn

INTERIM, EARLY, FINAL = (
    stt.SpeechEventType.INTERIM_TRANSCRIPT,
    stt.SpeechEventType.PREFLIGHT_TRANSCRIPT,
    stt.SpeechEventType.FINAL_TRANSCRIPT,
)


def written(text: str, kind: stt.SpeechEventType = INTERIM) -> stt.SpeechEvent:
    return stt.SpeechEvent(type=kind, alternatives=[stt.SpeechData(language="en", text=text)])


class Ear:
    """An ear that writes when it is told to, and what came of it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.end_of_turn = EndOfTurn(has_words=True)
        self._written: asyncio.Queue[stt.SpeechEvent | Exception | None] = asyncio.Queue()
        self.may_begin = True
        self._events = EarlyWords(self.end_of_turn, lambda: self.may_begin, lambda: self.now).among(
            self._hear()
        )

    async def _hear(self) -> AsyncIterator[stt.SpeechEvent]:
        while (event := await self._written.get()) is not None:
            if isinstance(event, Exception):
                raise event
            yield event

    def writes(self, event: stt.SpeechEvent | Exception | None) -> None:
        self._written.put_nowait(event)

    async def next(self) -> stt.SpeechEventType:
        async with asyncio.timeout(5):
            return (await anext(self._events)).type

    async def is_over(self) -> bool:
        async with asyncio.timeout(5):
            return [event async for event in self._events] == []


@pytest.mark.unit
async def test_words_that_came_while_the_speaker_is_silent_are_early_ones() -> None:
    ear = Ear()
    ear.end_of_turn.quiet(True)
    ear.writes(written("Do you know any good jokes?"))
    assert await ear.next() is EARLY


@pytest.mark.unit
async def test_the_detector_of_speech_may_be_a_little_later_than_the_ear() -> None:
    ear = Ear()
    ear.writes(written("Do you know any good jokes?"))
    assert await ear.next() is INTERIM
    ear.now += HOLDS_SECONDS
    ear.end_of_turn.quiet(True)
    assert await ear.next() is EARLY


@pytest.mark.unit
async def test_silence_that_comes_later_is_that_of_words_not_written_yet() -> None:
    ear = Ear()
    ear.writes(written("Do you know any good jokes?"))
    assert await ear.next() is INTERIM
    ear.now += HOLDS_SECONDS + 0.01
    ear.end_of_turn.quiet(True)
    ear.writes(written("Do you know any good jokes of old?", FINAL))
    assert await ear.next() is FINAL


@pytest.mark.unit
async def test_silence_behind_final_words_makes_none_of_them_early() -> None:
    ear = Ear()
    ear.writes(written("Do you know any good jokes?"))
    ear.writes(written("Do you know any good jokes?", FINAL))
    assert [await ear.next() for _ in range(2)] == [INTERIM, FINAL]
    ear.end_of_turn.quiet(True)
    ear.writes(None)
    assert await ear.is_over()


@pytest.mark.unit
@pytest.mark.parametrize("text", ["Do you know", "My name is K A T H", " "])
async def test_words_that_lead_on_are_not_all_however_silent_it_is(text: str) -> None:
    ear = Ear()
    ear.end_of_turn.quiet(True)
    ear.writes(written(text))
    assert await ear.next() is INTERIM


@pytest.mark.unit
async def test_words_that_complete_what_was_written_before_are_all_of_it() -> None:
    ear = Ear()
    ear.end_of_turn.heard("Are you open on", final=True)
    ear.end_of_turn.quiet(True)
    ear.writes(written("Tuesday?"))
    assert await ear.next() is EARLY


@pytest.mark.unit
async def test_where_no_answer_would_be_begun_the_final_words_are_the_first_to_begin_one() -> None:
    ear = Ear()
    ear.may_begin = False
    ear.writes(written("Are you a real person?"))
    assert await ear.next() is INTERIM
    ear.end_of_turn.quiet(True)
    ear.writes(written("Are you a real person?"))
    assert await ear.next() is INTERIM


@pytest.mark.unit
async def test_an_ear_that_fails_fails_for_whoever_listens() -> None:
    ear = Ear()
    ear.writes(APIConnectionError("gone"))
    with pytest.raises(APIConnectionError):
        await ear.next()


@pytest.mark.system
@pytest.mark.timeout(120)
async def test_the_answer_is_begun_before_the_last_words_are_final(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "agent.turn_marks")

    def begun_early() -> bool:
        return any(marks["asked"] < marks["words"] for marks in timed_turns(caplog))

    async with live_call(port, f"usr_{uuid4().hex[:12]}", plan="economy") as live:
        live.desk.faults.set("deepgram-stt", "slow", delay=0.6)
        # One of the four interim results a second has to come as the last word ends, which not every sentence has.
        for says in (
            "Are you a real person?",
            "How is the weather?",
            "Who has written you?",
            "Where do you live?",
        ):
            await live.turn(says)
            if begun_early():
                break
    assert begun_early()


@pytest.mark.system
async def test_no_answer_is_begun_to_words_that_lead_on(port: int) -> None:
    async with live_call(port, f"usr_{uuid4().hex[:12]}", plan="economy") as live:
        asked = live.desk.connections.ever("openai-chat")
        await live.turn(f"Do you know {BREATH} any good jokes?")
        assert live.desk.connections.ever("openai-chat") == asked + 1
