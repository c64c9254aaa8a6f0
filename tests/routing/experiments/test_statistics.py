"""What is reckoned from calls: against worked figures, other programs' figures, and what cannot be reckoned."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from routing.experiments.comparison import Verdict
from routing.experiments.design import Arm, Experiment
from routing.experiments.estimates import log_cost_per_success, slow_answers_ms, success_rate
from routing.experiments.needed import Growth
from routing.experiments.report import report
from routing.experiments.results import CallResult, Results
from routing.experiments.sample_ratio import ALARM, chance
from routing.experiments.sequence import multiplier

pytestmark = pytest.mark.unit

TWO = Experiment(
    hypothesis="h",
    arms=(Arm(name="control", stack="economy"), Arm(name="cheap", stack="budget")),
    state="running",
    phase=1,
)

GBSTATS = (
    (40, 500, 4.085864231585104),
    (40, 5_000, 10.069375644732347),
    (200, 500, 3.12377909167473),
    (200, 5_000, 5.099959969897443),
    (1_000, 500, 3.0614772188674166),
    (1_000, 5_000, 3.363887725782781),
    (20_000, 500, 3.433940547159267),
    (20_000, 5_000, 3.127114143687992),
)


def call(number: int, arm: str = "control", **other: object) -> CallResult:
    fields = {"unit": f"{arm}-{number}", "microdollars": 100, "tasks": 1, "successes": 1} | other
    return CallResult(at_ms=number, arm=arm, as_assigned=True, **fields)  # type: ignore[arg-type]


def both(users: int, **cheap: object) -> list[CallResult]:
    costs = np.random.default_rng(3).integers(50, 150, 2 * users)
    return [call(n, microdollars=int(costs[n])) for n in range(users)] + [
        call(n, "cheap", **({"microdollars": int(costs[users + n])} | cheap)) for n in range(users)
    ]


def test_the_interval_reaches_as_far_as_in_another_program() -> None:
    """gbstats 0.8.0, SequentialTwoSidedTTest: half width over standard error, tuned at 5,000 and at 500 users."""
    for users, tuned_at, expected in GBSTATS:
        assert multiplier(users, tuned_at=tuned_at) == pytest.approx(expected, rel=1e-9)


def test_cost_per_success_is_of_sums_and_its_error_of_users() -> None:
    calls = [
        call(1, unit="a", microdollars=100),
        call(2, unit="a", microdollars=300),
        call(3, unit="b", microdollars=200, successes=2, tasks=2),
    ]
    found = log_cost_per_success(Results.of(calls, ["control"]).sample(0))
    assert found is not None
    assert math.exp(found.value) == pytest.approx(600 / 4)
    # a: 400 µ$ and 2 of means 300 and 2; b: 200 and 2. Squares of ±1/3, by n(n − 1) = 2.
    assert found.error == pytest.approx(1 / 3)


def test_the_error_of_callers_who_repeat_themselves_is_not_made_small_by_their_repeating() -> None:
    once = [call(n, microdollars=50 + 10 * (n % 11)) for n in range(110)]
    often = [
        call(1000 * again + n, unit=f"u{n}", microdollars=50 + 10 * (n % 11))
        for again in range(9)
        for n in range(110)
    ]
    errors = [log_cost_per_success(Results.of(calls, ["control"]).sample(0)) for calls in (once, often)]
    assert errors[0] is not None
    assert errors[1] is not None
    assert errors[1].error == pytest.approx(errors[0].error)


def test_a_bootstrap_over_users_finds_the_same_errors() -> None:
    chance_of = np.random.default_rng(5)
    calls = [
        call(
            n,
            unit=f"u{n % 150}",
            microdollars=int(chance_of.lognormal(6 + (n % 150) / 300, 0.5)),
            tasks=2,
            successes=int(chance_of.binomial(2, 0.7 + (n % 3) / 10)),
            answers_ms=tuple(int(each) for each in chance_of.lognormal(6.2 + (n % 7) / 20, 0.3, 5)),
        )
        for n in range(600)
    ]
    by_user: dict[str, list[CallResult]] = {}
    for each in calls:
        by_user.setdefault(each.unit, []).append(each)
    users = list(by_user)
    figures = (log_cost_per_success, success_rate, slow_answers_ms)
    drawn: list[list[float]] = [[], [], []]
    for _ in range(300):
        again = []
        for place, user in enumerate(chance_of.choice(users, len(users))):
            again += [
                CallResult(
                    c.at_ms, f"{place}", c.arm, True, c.microdollars, c.tasks, c.successes, c.answers_ms
                )
                for c in by_user[user]
            ]
        sample = Results.of(again, ["control"]).sample(0)
        for values, figure in zip(drawn, figures, strict=True):
            found = figure(sample)
            assert found is not None
            values.append(found.value)
    sample = Results.of(calls, ["control"]).sample(0)
    for values, figure in zip(drawn, figures, strict=True):
        found = figure(sample)
        assert found is not None
        assert found.error == pytest.approx(float(np.std(values)), rel=0.3)


def test_where_all_tasks_succeed_that_is_not_taken_for_certain() -> None:
    found = success_rate(Results.of([call(n) for n in range(50)], ["control"]).sample(0))
    assert found is not None
    assert found.value == 1
    assert found.error > 0.01


def test_uneven_arms_raise_an_alarm_where_a_chi_square_test_would_and_even_ones_do_not() -> None:
    assert chance([500, 520], [0.5, 0.5]) > 0.5
    assert chisquare([400, 600]).pvalue < 1e-9
    assert chance([400, 600], [0.5, 0.5]) < ALARM
    assert chance([800, 200], [0.8, 0.2]) > 0.5
    assert chance([0, 0], [0.5, 0.5]) == 1.0


def test_looking_at_every_single_user_raises_an_alarm_in_one_experiment_of_a_hundred_at_most() -> None:
    drawn = np.random.default_rng(11).random((300, 400)) < 0.3
    alarms = sum(
        any(chance([n - int(ones), int(ones)], [0.7, 0.3]) < ALARM for n, ones in enumerate(row.cumsum(), 1))
        for row in drawn
    )
    assert alarms <= 6  # 3 are expected at most; 7 have a chance below 4 %


@given(
    st.lists(
        st.builds(
            call,
            st.integers(0, 50),
            st.sampled_from(["control", "cheap", "gone"]),
            unit=st.sampled_from("abcdefgh"),
            microdollars=st.integers(-100, 10**12),
            tasks=st.just(3),
            successes=st.integers(0, 3),
            answers_ms=st.lists(st.integers(0, 60_000), max_size=40).map(tuple),
        ),
        max_size=60,
    )
)
def test_any_calls_at_all_give_a_report_without_nonsense(calls: list[CallResult]) -> None:
    found = report("x", TWO, calls).as_json()
    assert "inf" not in str(found)
    assert "nan" not in str(found)
    assert found["sentences"]


def test_without_calls_it_is_too_early() -> None:
    found = report("x", TWO, [])
    assert [each.verdict for each in found.comparisons] == [Verdict.TOO_EARLY]
    assert found.sentences() == [
        "Too early to say anything: each arm needs at least 30 users and 20 tasks that succeeded."
    ]


def test_an_arm_without_any_success_is_told_and_is_no_division_by_zero() -> None:
    found = report("x", TWO, both(40, successes=0))
    [comparison] = found.comparisons
    assert comparison.saving is None
    assert comparison.verdict is Verdict.QUALITY_LOST
    assert found.arms[1].microdollars_per_success is None
    assert found.sentences()[0] == "No task has succeeded in cheap, so its cost per success has no figure."
    neither = report("x", TWO, [call(n, arm, successes=0) for n in range(40) for arm in ("control", "cheap")])
    assert neither.comparisons[0].verdict is Verdict.NO_SUCCESS
    assert "look at why nothing succeeds" in neither.sentences()[-1]


def test_a_saving_that_costs_no_quality_is_enough_to_decide() -> None:
    found = report("x", TWO, both(3_000, microdollars=60))
    [comparison] = found.comparisons
    assert comparison.verdict is Verdict.SAVES
    assert comparison.saving is not None
    assert 0.35 < comparison.saving.low < comparison.saving.value < comparison.saving.high < 0.45
    assert comparison.calls_needed == 0
    assert found.sentences()[-1].startswith("Enough to decide")
    assert "saves 39 %" in found.sentences()[0]


def test_a_saving_bought_with_success_is_stopped() -> None:
    calls = [
        call(n, arm, microdollars=100 if arm == "control" else 50, successes=int(arm == "control" or n % 2))
        for n in range(1_000)
        for arm in ("control", "cheap")
    ]
    assert report("x", TWO, calls).comparisons[0].verdict is Verdict.QUALITY_LOST


def test_answers_that_come_too_late_are_quality_too() -> None:
    calls = [
        call(
            n,
            arm,
            answers_ms=tuple(
                range(500 + (800 if arm == "cheap" else 0), 600 + (800 if arm == "cheap" else 0), 10)
            ),
        )
        for n in range(200)
        for arm in ("control", "cheap")
    ]
    [comparison] = report("x", TWO, calls).comparisons
    assert comparison.slow_ms is not None
    assert comparison.slow_ms.low > 700
    assert comparison.verdict is Verdict.QUALITY_LOST


def test_nothing_is_decided_by_arms_with_the_wrong_users() -> None:
    calls = [each for each in both(1_000, microdollars=50) if each.arm == "control" or each.at_ms % 2]
    found = report("x", TWO, calls)
    assert not found.sample_ratio_holds
    assert found.comparisons[0].verdict is Verdict.SAMPLE_RATIO
    assert "Do not decide by this" in found.sentences()[-1]


def test_calls_served_otherwise_count_for_the_arm_that_they_were_drawn_for() -> None:
    calls = both(100)
    moved = [
        CallResult(c.at_ms, c.unit, c.arm, c.arm == "control" or c.at_ms % 2 == 0, c.microdollars, 1, 1)
        for c in calls
    ]
    found = report("x", TWO, moved)
    assert [(arm.calls, arm.as_assigned) for arm in found.arms] == [(100, 100), (100, 50)]
    assert found.sample_ratio_holds


def test_more_rivals_need_more_certainty() -> None:
    three = TWO.model_copy(update={"arms": (*TWO.arms, Arm(name="third", stack="budget"))})
    calls = both(400)
    alone = report("x", TWO, calls).comparisons[0].saving
    among = report("x", three, [*calls, *(call(n, "third") for n in range(400))]).comparisons[0].saving
    assert alone is not None
    assert among is not None
    assert among.high - among.low > alone.high - alone.low


def test_calls_needed_grow_as_what_is_looked_for_shrinks_and_never_come_where_nobody_new_calls() -> None:
    growth = Growth(calls=400, users=400, new_users=1.0, again=1.0, alike=0.0)
    needed = [growth.calls_until(0.1, difference, alpha=0.05) for difference in (0.4, 0.2, 0.1)]
    assert needed == sorted(needed, key=lambda each: each or 0)
    assert None not in needed
    stuck = Growth(calls=400, users=40, new_users=0.0, again=10.0, alike=1.0)
    assert stuck.calls_until(0.1, 0.2, alpha=0.05) is None


def dear_and_cheap(names: Sequence[str]) -> list[CallResult]:
    """A hundred calls of each arm, whose costs lie so far apart that not much is known yet."""
    costs = np.random.default_rng(4).lognormal(6, 1, (len(names), 100))
    return [
        call(n, name, microdollars=int(costs[number, n]))
        for number, name in enumerate(names)
        for n in range(100)
    ]


def test_the_calls_that_are_needed_are_those_of_all_arms_and_it_is_said_how_many_are_of_two() -> None:
    names = ["control", "cheap", "third", "fourth", "fifth", "sixth"]
    six = TWO.model_copy(update={"arms": tuple(Arm(name=name, stack="budget") for name in names)})
    found = report("x", six, dear_and_cheap(names))
    comparison = found.comparisons[0]
    needed, in_all = comparison.calls_needed, comparison.calls_needed_in_all
    assert comparison.verdict is Verdict.OPEN
    assert needed
    assert in_all == 3 * needed
    said = " ".join(found.sentences())
    assert f"about {in_all:,} more calls of all arms ({needed:,} of control and cheap) to be seen" in said
    assert found.as_json()["comparisons"][0]["calls_needed_in_all"] == in_all


def test_of_two_arms_all_calls_are_of_both() -> None:
    found = report("x", TWO, dear_and_cheap(["control", "cheap"]))
    [comparison] = found.comparisons
    assert comparison.calls_needed
    assert comparison.calls_needed == comparison.calls_needed_in_all
    assert f"about {comparison.calls_needed:,} more calls to be seen" in found.sentences()[-1]


@pytest.mark.parametrize("timed", ["control", "cheap", "both", "neither"])
def test_quality_is_kept_only_where_both_arms_were_timed_or_neither_was(timed: str) -> None:
    calls = [
        replace(each, answers_ms=(800, 900) if timed in (each.arm, "both") else ())
        for each in both(2_000, microdollars=40)
    ]
    [comparison] = report("x", TWO, calls).comparisons
    kept = timed in ("both", "neither")
    assert comparison.verdict is (Verdict.SAVES if kept else Verdict.SAVES_QUALITY_OPEN)
