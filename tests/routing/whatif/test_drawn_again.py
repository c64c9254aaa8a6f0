"""Who is drawn for what under another policy: as a call would be when it began, and as it was where nothing differs."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert

from routing.experiments.assignment import Assignment
from routing.experiments.design import Arm, Experiment
from routing.models import PolicyRow
from routing.policy import DEFAULT_POLICY, Policy
from routing.whatif.answer import WhatIf, what_if
from tests.routing.conftest import Bank
from tests.routing.experiments.past import MINUTE, decision, plain_call

pytestmark = pytest.mark.system

T = 1_800_000_000_000
ARMS = (Arm(name="cheap", stack="budget"), Arm(name="cheaper", stack="budget"))
"""Whoever is drawn is served with the stack budget, and who is not by the ladder with economy."""
CHEAP = Assignment(experiment="x", phase=1, arm="cheap", stack="budget", bucket=1_000)


def policy(version: str, **experiment: Any) -> Policy:
    running = Experiment.model_validate(
        {"hypothesis": "h", "arms": ARMS, "state": "running", "phase": 1} | experiment
    )
    return DEFAULT_POLICY.model_copy(update={"version": version, "experiments": {"x": running}})


RUNNING, STOPPED = policy("2"), policy("3", state="stopped")


async def written(bank: Bank, *policies: Policy) -> None:
    """Policies in the database, as admins wrote them."""
    async with bank.journal.engine.begin() as connection:
        for each in policies:
            row = {
                "version": int(each.version),
                "document": each.model_dump_json(),
                "author": "a",
                "at_ms": 1,
            }
            await connection.execute(insert(PolicyRow).values(row))


async def ask(bank: Bank, policy: Policy) -> WhatIf:
    return await what_if(bank.journal, since_ms=T, until_ms=T + 60 * MINUTE, policy=policy, prices=None)


async def test_a_probes_call_is_drawn_by_no_policy(bank: Bank) -> None:
    subject = await bank.journal.subject_of("usr_probe")
    await bank.journal.append(plain_call("c1", T, subject=subject, compared=False))
    found = await ask(bank, RUNNING)
    assert (found.same_decisions, found.others) == (1, ())


async def test_a_probes_call_of_before_that_was_noted_comes_out_the_same_under_its_policy(bank: Bank) -> None:
    await written(bank, RUNNING)
    subject = await bank.journal.subject_of("usr_probe")
    await bank.journal.append(plain_call("c1", T, subject=subject, policy=RUNNING))
    found = await ask(bank, RUNNING)
    assert (found.same_decisions, found.others) == (1, ())


async def test_what_a_start_or_a_stop_left_a_call_comes_out_the_same_under_the_policy_after_it(
    bank: Bank,
) -> None:
    """Both began before the time that is asked about, and were decided about again when the policy changed."""
    await written(bank, RUNNING, STOPPED)
    subject = await bank.journal.subject_of("usr_anna")
    over_a_start = [
        decision("c1", T - 9, subject=subject),
        decision("c1", T + 9, subject=subject, policy=RUNNING, number=2),
    ]
    over_a_stop = [
        decision("c2", T - 9, subject=subject, policy=RUNNING, assignment=CHEAP),
        decision("c2", T + 9, subject=subject, policy=STOPPED, assignment=CHEAP, number=2),
    ]
    await bank.journal.append(over_a_start)
    found = await ask(bank, RUNNING)
    assert (found.same_decisions, found.others) == (1, ())
    await bank.journal.append(over_a_stop)
    found = await ask(bank, STOPPED)
    assert (found.same_decisions, found.others) == (2, ())


async def test_a_call_keeps_through_all_its_decisions_what_is_drawn_when_it_begins(bank: Bank) -> None:
    await written(bank, RUNNING, STOPPED)
    subject = await bank.journal.subject_of("usr_anna")
    await bank.journal.append(
        [
            decision("c1", T, subject=subject, policy=RUNNING, assignment=CHEAP),
            decision("c1", T + 9, subject=subject, policy=STOPPED, assignment=CHEAP, number=2),
        ]
    )
    assert (await ask(bank, RUNNING)).same_decisions == 2
    [moved] = (await ask(bank, STOPPED)).others
    assert moved.otherwise == ("economy",)


async def test_who_was_left_out_is_drawn_where_the_other_policy_takes_more_in(bank: Bank) -> None:
    few, all_ = policy("2", coverage=1), policy("2")
    await written(bank, few)
    subject = await bank.journal.subject_of("usr_anna")
    await bank.journal.append(plain_call("c1", T, subject=subject, policy=few))
    [moved] = (await ask(bank, all_)).others
    assert moved.otherwise == ("budget",)
