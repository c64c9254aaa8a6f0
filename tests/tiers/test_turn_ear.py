"""An ear beside a speech-to-speech model: a turn's words come whole, once, and none are carried into the next."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

import tiers.turn_ear
from tests.tiers.recogniser import Stream
from tiers.turn_ear import TurnEar

pytestmark = pytest.mark.unit


@pytest.fixture
async def stream() -> Stream:
    return Stream()


@pytest.fixture
async def told() -> list[str]:
    return []


@pytest.fixture
async def ear(stream: Stream, told: list[str]) -> TurnEar:
    return TurnEar(cast("Any", stream), on_words=lambda _text, _final: None, on_turn=told.append)


async def test_words_that_are_there_are_given_at_the_end_of_the_turn(
    ear: TurnEar, stream: Stream, told: list[str]
) -> None:
    await stream.says("Delete the task")
    await stream.says("to buy milk.")
    ear.commit()
    assert await ear.words(0.1) == "Delete the task to buy milk."
    assert told == ["Delete the task to buy milk."]
    await ear.aclose()


async def test_words_that_come_late_are_waited_for_and_asked_for(
    ear: TurnEar, stream: Stream, told: list[str]
) -> None:
    await stream.says("Yes", final=False)
    ear.commit()
    asked = asyncio.create_task(ear.words(5))
    await asyncio.sleep(0)
    assert not asked.done()
    assert stream.flushed == 1
    await stream.says("Yes, please.")
    assert await asked == "Yes, please."
    assert told == ["Yes, please."]
    await ear.aclose()


async def test_what_comes_too_late_is_a_part_of_no_turn(
    ear: TurnEar, stream: Stream, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiers.turn_ear, "LATE_SECONDS", 0.0)
    ear.commit()
    assert await ear.words(5) == ""
    await stream.says("Yes.")
    ear.begin()
    await stream.says("No.")
    ear.commit()
    assert await ear.words(0.1) == "No."
    assert told == ["", "No."]
    await ear.aclose()


async def test_nobody_waits_for_words_longer_than_they_want(ear: TurnEar) -> None:
    ear.commit()
    assert await ear.words(0.01) == ""
    await ear.aclose()


async def test_who_begins_to_speak_on_as_the_words_come_does_not_take_them_from_whoever_waits(
    ear: TurnEar, stream: Stream
) -> None:
    ear.commit()
    asked = asyncio.create_task(ear.words(5))
    await asyncio.sleep(0)
    await stream.says("Yes, please.")
    ear.begin()
    assert await asked == "Yes, please."
    await ear.aclose()
