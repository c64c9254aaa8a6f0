"""What one ear has written is not heard again by the stand-in beside it."""

import asyncio

import pytest

from sandbox.written import Written

pytestmark = pytest.mark.unit


async def test_the_words_of_a_turn_are_given_when_they_are_there() -> None:
    written = Written()
    sheet = written.sheet("call")
    sheet.begin()
    asking = asyncio.create_task(written.turn("call", 5))
    await asyncio.sleep(0)
    sheet.add("buy milk")
    assert await asking == "buy milk"
    assert await written.turn("call", 5) == "", "they are given once"


async def test_a_turn_in_pieces_is_heard_anew_and_so_is_one_that_nobody_wrote() -> None:
    written = Written()
    sheet = written.sheet("call")
    for piece in ("add a task to", "buy milk"):
        sheet.begin()
        sheet.add(piece)
    assert await written.turn("call", 5) == ""
    assert await written.turn("another", 5) == ""


async def test_an_ear_that_is_gone_or_late_is_not_waited_for() -> None:
    written = Written()
    sheet = written.sheet("call")
    sheet.begin()
    assert await written.turn("call", 0.01) == ""
    asking = asyncio.create_task(written.turn("call", 5))
    await asyncio.sleep(0)
    sheet.close()
    assert await asyncio.wait_for(asking, 1) == ""


async def test_what_was_no_turn_is_forgotten() -> None:
    written = Written()
    sheet = written.sheet("call")
    sheet.begin()
    sheet.add("mhm")
    written.forget("call")
    sheet.begin()
    sheet.add("buy milk")
    assert await written.turn("call", 5) == "buy milk"
