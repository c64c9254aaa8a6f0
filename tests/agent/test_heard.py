"""What counts as heard of a line of ours that has ended."""

from __future__ import annotations

import pytest

from agent.heard import was_heard, was_heard_within
from tests.agent.ended_speech import ended

pytestmark = pytest.mark.unit

QUESTION = 'Shall I delete "buy milk"?'


async def test_a_line_that_was_said_to_its_end_was_heard() -> None:
    assert was_heard(ended(QUESTION), QUESTION, verbatim=True)
    assert was_heard_within(ended(QUESTION), QUESTION, verbatim=True)


async def test_a_line_whose_voice_failed_was_heard_by_nobody_though_it_ended_like_a_good_one() -> None:
    failed = ended()
    assert failed.exception() is None
    assert not failed.interrupted
    assert not was_heard(failed, QUESTION, verbatim=True)
    assert not was_heard_within(failed, QUESTION, verbatim=True)


async def test_of_a_line_that_was_broken_off_it_counts_how_far_it_came() -> None:
    assert not was_heard(ended("Shall I delete", interrupted=True), QUESTION, verbatim=True)
    assert was_heard_within(ended(f"{QUESTION} Or is", interrupted=True), QUESTION, verbatim=True)


async def test_a_title_in_another_script_is_as_much_a_part_of_the_question() -> None:
    question = 'Shall I delete "Купить хлеб"?'
    assert not was_heard(ended("Shall I delete"), question, verbatim=False)
    assert not was_heard(ended('Shall I delete "Купить молоко"?'), question, verbatim=False)
    assert was_heard(ended("shall I delete купить хлеб"), question, verbatim=False)
    assert not was_heard_within(ended("Shall I delete", interrupted=True), question, verbatim=True)
