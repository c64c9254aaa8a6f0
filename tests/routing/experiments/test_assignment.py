"""Drawing the arm of a call, and what the router makes of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.cause import cause_of
from routing.decision import BudgetState, Cause, Decision, LostBecause, RouteInputs, StackState, Unhealthy
from routing.experiments.assignment import Assignment, assigned
from routing.experiments.design import Arm, Experiment
from routing.policy import DEFAULT_POLICY
from routing.router import decide, replay

pytestmark = pytest.mark.unit

TWO = (Arm(name="control", stack="economy"), Arm(name="cheap", stack="budget"))
RUNNING = Experiment(hypothesis="cheaper voices do", arms=TWO, state="running", phase=1)
STACKS = tuple(
    StackState(name=name, tier=tier, configured=True, alternatives=((f"{name}-api",),))
    for name, tier in (
        ("premium", "premium"),
        ("quality", "economy"),
        ("economy", "economy"),
        ("budget", "economy"),
    )
)
CHEAP = Assignment(experiment="cheap-voice", phase=1, arm="cheap", stack="budget", bucket=7_000)
INPUTS = RouteInputs(plan="economy", stacks=STACKS, assignment=CHEAP)


def why(decision: Decision, stack: str) -> LostBecause:
    return next(reason.code for reason in decision.reasons if reason.stack == stack)


def test_a_caller_gets_the_arm_whatever_else_is_true_of_the_call() -> None:
    first = assigned({"x": RUNNING}, "usr_1", plan="economy", channel="browser")
    assert first == assigned({"x": RUNNING}, "usr_1", plan="premium", channel="phone")
    assert first is not None
    assert (first.experiment, first.phase) == ("x", 1)


def test_only_the_audience_of_a_running_experiment_is_drawn() -> None:
    phones = RUNNING.model_copy(update={"channel": "phone"})
    assert assigned({"x": phones}, "usr_1", plan="economy", channel="browser") is None
    assert assigned({"x": phones}, "usr_1", plan="economy", channel="phone") is not None
    for state in ("draft", "stopped"):
        idle = RUNNING.model_copy(update={"state": state})
        assert assigned({"x": idle}, "usr_1", plan="economy", channel="phone") is None
    assert assigned({"x": RUNNING}, "", plan="economy", channel="phone") is None


def test_the_arms_stack_serves_though_it_is_not_first_or_not_on_the_ladder() -> None:
    decision = decide(INPUTS)
    assert (decision.stack, decision.as_assigned) == ("budget", True)
    assert why(decision, "economy") is LostBecause.OTHER_ARM
    off_ladder = INPUTS.model_copy(update={"assignment": CHEAP.model_copy(update={"stack": "quality"})})
    assert decide(off_ladder).stack == "quality"


def test_an_arm_that_cannot_serve_falls_to_the_ladder_and_the_assignment_stays() -> None:
    for change, code in (
        ({"budget": BudgetState(economy="exhausted", scope="call")}, LostBecause.BUDGET_EXHAUSTED),
        (
            {"health": (Unhealthy(service="budget-api", state="open", since_ms=1, retry_ms=2),)},
            LostBecause.VENDOR_DOWN,
        ),
        (
            {"policy": DEFAULT_POLICY.model_copy(update={"stacks_off": ("budget",)})},
            LostBecause.STACK_OFF,
        ),
    ):
        decision = decide(INPUTS.model_copy(update=change))
        assert decision.stack != "budget"
        assert (decision.as_assigned, decision.inputs.assignment) == (False, CHEAP)
        assert why(decision, "budget") is code


def test_an_experiment_serves_nobody_above_their_plan() -> None:
    dear = CHEAP.model_copy(update={"stack": "premium"})
    decision = decide(INPUTS.model_copy(update={"assignment": dear}))
    assert decision.tier == "economy"
    assert why(decision, "premium") is LostBecause.DEARER_THAN_PLAN


def test_a_premium_caller_in_a_cheaper_arm_is_told_so() -> None:
    decision = decide(INPUTS.model_copy(update={"plan": "premium"}))
    assert decision.stack == "budget"
    assert decision.reason == "Your plan includes premium; to compare voices, budget serves this call."


def test_an_arm_whose_vendor_is_well_again_is_gone_back_to_for_that_reason() -> None:
    ill = INPUTS.model_copy(
        update={"health": (Unhealthy(service="budget-api", state="open", since_ms=1, retry_ms=2),)}
    )
    before, after = decide(ill), decide(INPUTS)
    assert cause_of(before, after) is Cause.HEALTH
    assert cause_of(after, before) is Cause.VENDOR


@given(
    st.sampled_from(["premium", "economy"]),
    st.sampled_from(["premium", "quality", "economy", "budget", "nonsense"]),
    st.sampled_from(["unasked", "held", "exhausted", "blind"]),
)
def test_a_stored_decision_of_an_experiment_replays(plan: str, stack: str, money: str) -> None:
    inputs = RouteInputs.model_validate(
        INPUTS.model_dump()
        | {"plan": plan, "assignment": CHEAP.model_dump() | {"stack": stack}, "budget": {"economy": money}}
    )
    decision = decide(inputs)
    stored = Decision.model_validate_json(decision.model_dump_json())
    assert replay(stored.inputs) == stored == decision


def test_a_decision_of_before_experiments_replays_too() -> None:
    stored = decide(RouteInputs(plan="economy", stacks=STACKS)).model_dump(mode="json")
    del stored["inputs"]["assignment"]
    del stored["inputs"]["policy"]["experiments"]
    decision = Decision.model_validate(stored)
    assert replay(decision.inputs) == decision
