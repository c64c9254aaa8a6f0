"""When a phase begins, and which experiments are refused."""

from __future__ import annotations

import pytest

from routing.experiments.design import Arm, Experiment
from routing.experiments.rules import phased, why_not
from routing.policy import DEFAULT_POLICY
from routing.policy_changes import PolicyInvalidError, changed

pytestmark = pytest.mark.unit

TIERS = {"premium": "premium", "economy": "economy", "budget": "economy"}
DRAFT = Experiment(
    hypothesis="h", arms=(Arm(name="control", stack="economy"), Arm(name="cheap", stack="budget"))
)
RUNNING = DRAFT.model_copy(update={"state": "running", "phase": 3, "since_ms": 5})


def after(**update: object) -> Experiment:
    [found] = phased({"x": RUNNING}, {"x": RUNNING.model_copy(update=update)}, at_ms=9).values()
    return found


def test_a_start_begins_a_phase_and_a_stop_does_not() -> None:
    [started] = phased({"x": DRAFT}, {"x": DRAFT.model_copy(update={"state": "running"})}, at_ms=9).values()
    assert (started.phase, started.since_ms) == (1, 9)
    stopped = after(state="stopped")
    assert (stopped.phase, stopped.since_ms) == (3, 5)
    [again] = phased({"x": stopped}, {"x": RUNNING}, at_ms=9).values()
    assert (again.phase, again.since_ms) == (4, 9)


def test_whatever_changes_who_gets_what_begins_a_phase() -> None:
    heavier = (RUNNING.arms[0].model_copy(update={"weight": 9}), RUNNING.arms[1])
    for change in ({"arms": heavier}, {"plan": "economy"}, {"channel": "phone"}, {"coverage": 50}):
        assert (after(**change).phase, after(**change).since_ms) == (4, 9)


def test_what_is_only_said_of_an_experiment_begins_none_and_nobody_gives_phases_by_hand() -> None:
    for change in ({"hypothesis": "other"}, {"worth": 0.1}, {"phase": 77, "since_ms": 1}):
        assert (after(**change).phase, after(**change).since_ms) == (3, 5)


def test_two_experiments_never_want_the_same_callers() -> None:
    phones = RUNNING.model_copy(update={"channel": "phone"})
    browsers = RUNNING.model_copy(update={"channel": "browser"})
    assert why_not({"a": phones, "b": browsers}, TIERS) == ""
    assert "same callers" in why_not({"a": phones, "b": RUNNING}, TIERS)
    assert why_not({"a": phones, "b": DRAFT}, TIERS) == ""


def test_an_arm_names_a_stack_that_its_audience_may_have() -> None:
    dear = RUNNING.model_copy(update={"arms": (RUNNING.arms[0], Arm(name="dear", stack="premium"))})
    assert "nobody is served above their plan" in why_not({"x": dear}, TIERS)
    assert why_not({"x": dear.model_copy(update={"plan": "premium"})}, TIERS) == ""
    unknown = RUNNING.model_copy(update={"arms": (RUNNING.arms[0], Arm(name="odd", stack="odd"))})
    assert "no stack 'odd'" in why_not({"x": unknown}, TIERS)


def test_a_policy_takes_an_experiment_as_a_change_and_refuses_one_that_is_none() -> None:
    document = {
        "hypothesis": "h",
        "arms": [{"name": "a", "stack": "economy"}, {"name": "b", "stack": "budget"}],
    }
    fresh = changed(DEFAULT_POLICY, {"experiments": {"x": document}}, version="1", at_ms=7)
    assert fresh.experiments["x"].state == "draft"
    running = changed(fresh, {"experiments": {"x": {"state": "running"}}}, version="2", at_ms=8)
    assert (running.experiments["x"].phase, running.experiments["x"].since_ms) == (1, 8)
    twice = document | {"arms": [document["arms"][0]] * 2}
    for wrong in (twice, document | {"arms": []}, document | {"worth": 0}, document | {"hypothesis": ""}):
        with pytest.raises(PolicyInvalidError):
            changed(DEFAULT_POLICY, {"experiments": {"x": wrong}}, version="1", at_ms=7)
    with pytest.raises(PolicyInvalidError):
        changed(DEFAULT_POLICY, {"experiments": {"Not A Name": document}}, version="1", at_ms=7)
