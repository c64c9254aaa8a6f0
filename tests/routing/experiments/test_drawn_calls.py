"""Calls of an experiment, with real money and a real journal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from routing.caps import Cap
from routing.decision import Cause, Decision
from routing.experiments.assignment import assigned
from routing.experiments.design import Arm, Experiment
from routing.experiments.reading import read_calls
from routing.explanation import explain
from routing.first_decision import first_decision
from tests.routing.conftest import Bank, Cost
from tests.routing.switchboard import INPUTS, Switchboard

pytestmark = pytest.mark.system

ARMS = (Arm(name="control", stack="premium"), Arm(name="cheap", stack="economy"))
RUNNING = Experiment(
    hypothesis="economy does", arms=ARMS, plan="premium", state="running", phase=1, since_ms=0
)


def user_of(arm: str) -> str:
    """A user who is drawn for an arm."""
    for number in range(100):
        found = assigned({"x": RUNNING}, f"usr_{number}", plan="premium", channel="browser")
        if found is not None and found.arm == arm:
            return f"usr_{number}"
    raise AssertionError(arm)


@pytest.fixture
async def board(bank: Bank, tmp_path: Path) -> AsyncIterator[Switchboard]:
    board = Switchboard(bank, tmp_path / "spool")
    board.policy = board.policy.model_copy(update={"version": "1", "experiments": {"x": RUNNING}})
    yield board
    await board.aclose()


async def stored(bank: Bank, call_id: str) -> list[Decision]:
    entries = await bank.journal.entries(call_id=call_id, kind="decision")
    return [Decision.model_validate(entry.details["decision"]) for entry in entries]


async def test_a_call_gets_its_arms_stack_and_the_journal_says_why(bank: Bank, board: Switchboard) -> None:
    call = board.router("c1", unit=user_of("cheap"))
    assert (await call.open()).stack == "economy"
    await call.aclose()
    [entry] = await bank.journal.entries(call_id="c1", kind="decision")
    explained = explain(entry)
    assert explained.replayed == "same"
    assert (
        "In phase 1 of the experiment x it belongs to the arm cheap: economy, which is what served it."
        in explained.sentences
    )
    assert "usr_" not in str(entry)
    assert "economy does" not in str(entry)


async def test_the_arm_is_drawn_though_there_is_no_money_for_it(bank: Bank, board: Switchboard) -> None:
    board.caps(user_day=Cap(premium=0, total=10**9))
    call = board.router("c1", unit=user_of("control"))
    assert (await call.open()).stack == "economy"
    call.meter(Cost("u1", 700, tier="economy"))
    await call.aclose()
    await bank.drain()
    [decision] = await stored(bank, "c1")
    assert decision.inputs.assignment is not None
    assert (decision.inputs.assignment.arm, decision.as_assigned) == ("control", False)
    [found], _ = await read_calls(bank.journal.engine, "x", phase=1, since_ms=0, now_ms=2**52)
    assert (found.arm, found.as_assigned, found.microdollars) == ("control", False, 700)


async def test_neither_an_end_nor_a_start_of_an_experiment_moves_a_call_that_goes_on(
    bank: Bank, board: Switchboard
) -> None:
    call = board.router("c1", unit=user_of("cheap"))
    assert (await call.open()).stack == "economy"
    running = board.policy
    board.policy = running.model_copy(update={"version": "2", "experiments": {}})
    call.policy_changed()
    fresh = board.router("c2", unit=user_of("cheap"))
    assert (await fresh.open()).stack == "premium"
    board.policy = running.model_copy(update={"version": "3"})
    fresh.policy_changed()
    await call.aclose()
    await fresh.aclose()
    assert {decision.stack for decision in await stored(bank, "c1")} == {"economy"}
    assert {decision.stack for decision in await stored(bank, "c2")} == {"premium"}


async def test_switching_an_arms_stack_off_moves_the_calls_that_it_serves(board: Switchboard) -> None:
    call = board.router("c1", unit=user_of("cheap"))
    await call.open()
    board.policy = board.policy.model_copy(update={"version": "2", "stacks_off": ("economy",)})
    call.policy_changed()
    decision, cause = await board.told()
    assert (decision.stack, cause, decision.as_assigned) == ("premium", Cause.POLICY, False)


async def test_another_worker_that_takes_a_call_over_draws_the_same_arm(board: Switchboard) -> None:
    first = board.router("c1", unit=user_of("cheap"))
    before = (await first.open()).inputs.assignment
    second = board.router("c1", unit=user_of("cheap"), taken_over=True)
    assert (await second.open()).inputs.assignment == before is not None


@pytest.mark.parametrize("before", [True, False], ids=["it was stopped", "it was started"])
async def test_what_happens_to_an_experiment_before_a_call_is_taken_over_moves_it_not(
    bank: Bank, board: Switchboard, before: bool
) -> None:
    running = board.policy
    stopped = running.model_copy(update={"version": "2", "experiments": {}})
    board.policy, then = (running, stopped) if before else (stopped, running)
    first = board.router("c1", unit=user_of("cheap"))
    began_with = await first.open()
    await first.aclose()
    board.policy = then
    known = await first_decision(bank.journal, "c1")
    second = board.router("c1", unit=user_of("cheap"), taken_over=True, first=known)
    goes_on_with = await second.open()
    assert goes_on_with.inputs.assignment == began_with.inputs.assignment
    assert goes_on_with.stack == began_with.stack == ("economy" if before else "premium")


async def test_an_operators_override_is_no_experiment(board: Switchboard) -> None:
    override = INPUTS.model_copy(update={"environment_stack": "local"})
    decision = await board.router("c1", unit=user_of("cheap"), inputs=override).open()
    assert (decision.stack, decision.inputs.assignment) == ("local", None)


async def test_the_probes_calls_are_compared_with_nobodys(bank: Bank, board: Switchboard) -> None:
    probe = INPUTS.model_copy(update={"compared": False})
    call = board.router("c1", unit=user_of("cheap"), inputs=probe)
    assert (await call.open()).inputs.assignment is None
    await call.aclose()
    [decision] = await stored(bank, "c1")
    assert not decision.inputs.compared


async def test_a_caller_whom_nobody_can_name_takes_no_part(board: Switchboard) -> None:
    decision = await board.router("c1", unit="").open()
    assert (decision.stack, decision.inputs.assignment) == ("premium", None)
