"""`bench experiments` in small, and that it would notice."""

from __future__ import annotations

import numpy as np
import pytest

from cli.bench.experiments import trials
from cli.bench.experiments.crowd import Truth, simulated
from cli.bench.experiments.run import run
from cli.bench.experiments.trials import TWO, false_alarm, foretold, ratio_alarm
from routing.experiments import comparison, needed
from routing.experiments.estimates import Estimate, log_cost_per_success
from routing.experiments.results import Sample

pytestmark = pytest.mark.unit


def test_a_short_run_holds_in_every_line() -> None:
    report = run(30, 12, 12, 0, 7, lambda _said: None)
    assert report.holds, report.lines
    assert len(report.lines) == 5


def test_intervals_that_hold_at_one_look_only_raise_too_many_alarms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "multiplier", lambda _users, *, alpha: 1.96)
    chance = np.random.default_rng(7)
    alarms = sum(false_alarm(number, chance) is not None for number in range(60))
    assert alarms > 0.07 * 60


def test_errors_of_calls_instead_of_users_raise_too_many_alarms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half the error is what one believes where each user's calls count as many users'."""
    theirs = log_cost_per_success

    def halved(arm: Sample) -> Estimate | None:
        found = theirs(arm)
        return found and Estimate(found.value, found.error / 2, found.users)

    monkeypatch.setattr(comparison, "log_cost_per_success", halved)
    chance = np.random.default_rng(7)
    assert sum(false_alarm(number, chance) is not None for number in range(60)) > 0.07 * 60


def test_a_report_that_foretells_half_the_calls_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = needed.Growth.calls_until
    monkeypatch.setattr(
        needed.Growth,
        "calls_until",
        lambda self, error, difference, *, alpha: (
            None if (calls := whole(self, error, difference, alpha=alpha)) is None else calls // 2
        ),
    )
    chance = np.random.default_rng(7)
    found = [foretold(number, chance).found_at is not None for number in range(30)]
    assert sum(found) < 0.8 * 30


def test_users_that_are_lost_trip_the_sample_ratio_and_forced_downgrades_do_not() -> None:
    chance = np.random.default_rng(7)
    assert not any(ratio_alarm(number, chance, downgraded=0.4) for number in range(10))
    assert all(ratio_alarm(number, chance, downgraded=0.0, lost=0.5) for number in range(10))


def test_simulated_callers_are_drawn_as_callers_are_and_few_call_much() -> None:
    chance = np.random.default_rng(7)
    results = simulated("crowd", TWO, (Truth(), Truth(cost=0.5)), users=900, calls=3_000, chance=chance)
    assert results.calls == 3_000
    calls = np.sort(np.bincount(results.unit, minlength=900))[::-1]
    assert 0.25 < calls[:90].sum() / 3_000 < 0.5
    costs = [results.sample(arm).cost.sum() / results.sample(arm).calls for arm in range(2)]
    assert costs[1] / costs[0] == pytest.approx(0.5, rel=0.2)
    assert trials.CALLS == 3_000
