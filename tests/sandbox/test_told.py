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


async def test_a_second_ear_is_told_when_words_are_spoken_and_does_not_stop_the_first_when_it_is_away() -> (
    None
):
    told = Told()
    second = told.second_ear("call")
    told.put("call", "add a task", [0.8])
    timed = told.timed(second, 2.0)
    assert timed is not None
    assert (timed.take(3.0), timed.end) == ("add a task", 2.8)
    for number in range(150):  # nobody listens any more
        told.put("call", f"item {number}")
        assert await told.next("call", 0) is not None
    for number in range(150):
        told.put("call", f"item {number}")
        assert await told.next("call", 0) is not None


async def test_words_whose_sound_was_thrown_away_are_nobodys() -> None:
    told = Told()
    told.forget_next("call")
    for text in ("mhm", "add a task"):
        told.put("call", text)
    told.forget_next("call")
    assert await told.next("call", 0) == "add a task"


async def test_the_rest_of_what_was_left_at_a_breath_waits_for_no_ear_that_hears_turns_as_a_whole() -> None:
    told = Told()
    told.put("call", TEXT)
    await told.next("call", 0, to_breath=True)
    assert told.is_waiting("call")
    assert not told.is_waiting("call", to_breath=False)
    told.put("call", "hello")
    assert told.is_waiting("call", to_breath=False)
