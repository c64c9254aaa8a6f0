"""Words told to the ear, whole or pause by pause."""

from __future__ import annotations

import pytest

from sandbox.told import Told

pytestmark = pytest.mark.unit

TEXT = "I would like you to … add a task."


async def test_an_ear_that_gives_words_pause_by_pause_stops_at_the_breath() -> None:
    told = Told()
    told.put("call", TEXT)
    assert await told.next("call", 0, to_breath=True) == "I would like you to"
    assert await told.next("call", 0, to_breath=True) == "add a task."
    assert await told.next("call", 0, to_breath=True) is None


async def test_an_ear_that_hears_a_turn_as_a_whole_knows_no_breath() -> None:
    told = Told()
    told.put("call", TEXT)
    assert await told.next("call", 0) == "I would like you to add a task."


async def test_what_was_left_at_a_breath_is_gone_when_other_words_are_told_and_never_anothers() -> None:
    told = Told()
    told.put("call", TEXT)
    told.put("another", "hello")
    await told.next("call", 0, to_breath=True)
    assert await told.next("another", 0, to_breath=True) == "hello"
    told.put("call", "something else")
    assert await told.next("call", 0, to_breath=True) == "something else"
    told.put("call", TEXT)
    await told.next("call", 0, to_breath=True)
    told.reset()
    assert await told.next("call", 0, to_breath=True) is None


async def test_the_same_words_told_again_do_not_make_an_ear_that_is_at_them_begin_anew() -> None:
    told = Told()
    told.put("call", TEXT)
    assert await told.next("call", 0, to_breath=True) == "I would like you to"
    told.put("call", TEXT)
    assert await told.next("call", 0, to_breath=True) == "add a task."
    assert await told.next("call", 0, to_breath=True) == "I would like you to"


async def test_who_asks_knows_whether_words_are_waiting() -> None:
    told = Told()
    assert not told.is_waiting("call")
    told.put("call", TEXT)
    assert told.is_waiting("call")
    await told.next("call", 0, to_breath=True)
    assert told.is_waiting("call")
    await told.next("call", 0, to_breath=True)
    assert not told.is_waiting("call")


async def test_an_ear_that_was_away_hears_the_newest_turn_and_not_those_before_it() -> None:
    told = Told()
    second = told.second_ear("call")
    for text in ("add a task", "add a task", "what is on my list"):
        told.put("call", text)
    told.forget_older(second)
    assert await told.next(second, 0) == "what is on my list"
    assert not told.is_waiting(second)
    assert await told.next("call", 0) == "add a task"
