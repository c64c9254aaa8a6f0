"""What a chaos call's facts come to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cli.bench.chaos.facts import Facts
from cli.bench.chaos.judge import Broken, broken

pytestmark = pytest.mark.unit

ANSWERED = {"said": "Please add a task.", "answered": True}
GOOD = Facts(
    number=0,
    stack="premium",
    service="openai-realtime",
    kind="silent",
    point="tool-running",
    heals=True,
    agrees=True,
    reached=True,
    turns=[ANSWERED],
    kept=["Buy milk", "Wash the car"],
    asked=["review the proposal"],
    found=["Buy milk", "Wash the car", "Review the proposal."],
    metered=10_100,
    invoiced=10_000,
)
DELETED = replace(GOOD, victim="Call the plumber", confirmed=True)


def test_a_call_that_did_what_was_asked_for_keeps_every_promise() -> None:
    assert broken(GOOD) == []
    assert broken(DELETED) == []


def test_a_call_that_broke_off_is_one_failure_even_if_what_was_asked_for_was_not_done() -> None:
    facts = replace(GOOD, ended_early="the call was ended by the other side", found=GOOD.kept)
    assert broken(facts) == [Broken.DROPPED]


def test_a_turn_without_an_answer_counts_although_the_task_was_made() -> None:
    assert broken(replace(GOOD, turns=[ANSWERED, {**ANSWERED, "answered": False}])) == [Broken.UNANSWERED]


def test_a_task_that_is_not_there_is_lost_and_one_that_is_there_twice_was_made_twice() -> None:
    assert broken(replace(GOOD, found=GOOD.kept)) == [Broken.LOST]
    assert broken(replace(GOOD, found=[*GOOD.found, "review the proposal"])) == [Broken.TWICE]


@pytest.mark.parametrize(
    "facts",
    [
        replace(GOOD, found=["Buy milk", "review the proposal"]),  # nobody spoke of this one
        replace(DELETED, confirmed=False),  # nobody was asked
        replace(DELETED, agrees=False),  # the caller said no
    ],
)
def test_what_is_gone_without_a_yes_of_the_callers_was_deleted_unasked(facts: Facts) -> None:
    assert broken(facts) == [Broken.UNASKED]


def test_a_deletion_that_was_agreed_to_is_lost_when_the_task_is_still_there() -> None:
    there = [*DELETED.found, "Call the plumber"]
    assert broken(replace(DELETED, found=there)) == [Broken.LOST]
    assert broken(replace(DELETED, found=there, agrees=False, confirmed=False)) == []


def test_money_and_sockets_that_are_left_are_told() -> None:
    assert broken(replace(GOOD, settled=False, sockets_left=1)) == [Broken.UNSETTLED, Broken.SOCKETS]


def test_the_meter_may_be_further_off_only_where_a_socket_died() -> None:
    far = replace(GOOD, kind="rate-limit", metered=104_000, invoiced=100_000)
    assert broken(far) == [Broken.METER]
    assert broken(replace(far, kind="cut")) == []
    assert broken(replace(far, kind="cut", metered=106_000)) == [Broken.METER]
