"""Models that are succeeded while an experiment runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from routing.experiments.design import Arm, Experiment
from routing.experiments.report import report
from routing.experiments.results import CallResult
from routing.experiments.succession import since_succession
from tiers.catalogue import MODELS

pytestmark = pytest.mark.unit

DAY_MS = 24 * 3600 * 1000
MINI = round(datetime(2026, 12, 15, tzinfo=UTC).timestamp() * 1000)
"""gpt-5.6-luna takes the place of gpt-4o-mini."""
REALTIME = round(datetime(2026, 12, 21, tzinfo=UTC).timestamp() * 1000)
"""gpt-realtime-2.1 takes the place of gpt-realtime."""


def experiment(*stacks: str) -> Experiment:
    arms = tuple(Arm(name=stack, stack=stack) for stack in stacks)
    return Experiment(hypothesis="one is better", arms=arms, plan="premium")


def calls(*times_ms: int) -> list[CallResult]:
    return [CallResult(at_ms, f"s_{at_ms}", "economy", True, 1_000, 1, 1) for at_ms in times_ms]


def times(found: Sequence[CallResult]) -> list[int]:
    return [call.at_ms for call in found]


def test_the_days_are_those_on_which_the_catalogue_serves_the_successors() -> None:
    for name, at_ms in (("gpt-4o-mini", MINI), ("gpt-realtime", REALTIME)):
        model, day = MODELS[name], datetime.fromtimestamp(at_ms / 1000, UTC).date()
        assert model.succeeded_on == day
        assert model.on(day).name == model.successor
        before = datetime.fromtimestamp((at_ms - 1) / 1000, UTC).date()
        assert model.on(before) is model
    assert MODELS["nova-3"].succeeded_on is None


def test_calls_of_the_model_before_are_not_counted_with_its_successors() -> None:
    one = experiment("economy", "budget")
    found, said = since_succession(one, calls(MINI - 2, MINI - 1, MINI, MINI + 5), now_ms=MINI + DAY_MS)
    assert times(found) == [MINI, MINI + 5]
    assert said == (
        "Since 2026-12-15 arms are served with gpt-5.6-luna in the place of gpt-4o-mini: "
        "2 calls of before are left out."
    )
    assert report("x", one, found, left_out=said).sentences()[0] == said


def test_the_last_succession_of_any_arm_counts() -> None:
    both = experiment("economy", "premium")
    found, said = since_succession(both, calls(MINI - 1, MINI, REALTIME), now_ms=REALTIME + DAY_MS)
    assert times(found) == [REALTIME]
    assert "gpt-realtime-2.1 in the place of gpt-realtime:" in said


def test_a_succession_that_is_still_to_come_or_came_before_or_after_all_calls_leaves_none_out() -> None:
    one = experiment("economy", "budget")
    for at_ms, now_ms in (
        ((MINI - 2, MINI - 1), MINI - 1),
        ((MINI, MINI + 1), MINI + DAY_MS),
        ((MINI - 2, MINI - 1), MINI + DAY_MS),  # the phase had ended
        ((), MINI + DAY_MS),
    ):
        assert since_succession(one, calls(*at_ms), now_ms=now_ms) == (calls(*at_ms), "")
    local = experiment("local", "local2")
    assert since_succession(local, calls(MINI - 1, MINI), now_ms=MINI + DAY_MS)[1] == ""


def test_a_phase_that_ended_between_two_successions_is_told_since_the_first() -> None:
    both = experiment("economy", "premium")
    found, said = since_succession(both, calls(MINI - 1, MINI), now_ms=REALTIME + DAY_MS)
    assert times(found) == [MINI]
    assert said.startswith("Since 2026-12-15")
