"""A murmur over our voice, and what is none."""

from __future__ import annotations

import pytest

from agent.over_ours import OverOurs

pytestmark = pytest.mark.unit


def test_mhm_over_our_voice_is_dropped_and_words_are_not() -> None:
    over = OverOurs(lambda: True)
    over.caller_speaks(True)
    assert not over.drops("Stop it.", awaits_answer=False)
    assert not over.is_murmur
    assert over.drops("Mhm.", awaits_answer=False)
    assert over.is_murmur


def test_okay_is_an_answer_where_one_is_waited_for_and_a_turn_where_we_are_silent() -> None:
    over = OverOurs(lambda: True)
    over.caller_speaks(True)
    assert not over.drops("Okay.", awaits_answer=True)
    silent = OverOurs(lambda: False)
    silent.caller_speaks(True)
    assert not silent.drops("Okay.", awaits_answer=False)


def test_where_no_ear_writes_nothing_is_a_murmur() -> None:
    over = OverOurs(lambda: True)
    over.caller_speaks(True)
    assert not over.is_murmur
