"""Who gets which arm is what GrowthBook's own SDK says."""

from __future__ import annotations

from collections import Counter

import pytest
from growthbook import Experiment as TheirExperiment
from growthbook import GrowthBook
from hypothesis import given
from hypothesis import strategies as st

from routing.experiments.bucket import BUCKETS, arm_of, bucket_of

pytestmark = pytest.mark.unit

WEIGHTS = st.lists(st.integers(1, 1000), min_size=2, max_size=6)


def theirs(key: str, unit: str, weights: list[float], coverage: float) -> int | None:
    book = GrowthBook(attributes={"id": unit})
    result = book.run(
        TheirExperiment(
            key=key,
            variations=list(range(len(weights))),
            weights=weights,
            coverage=coverage,
            hashVersion=2,
            seed=key,
        )
    )
    return result.variationId if result.inExperiment else None


@given(st.text(max_size=20), st.text(min_size=1, max_size=40), WEIGHTS, st.integers(1, 100))
def test_the_sdk_gives_every_unit_the_same_arm(
    seed: str, unit: str, weights: list[int], coverage: int
) -> None:
    shares = [weight / sum(weights) for weight in weights]
    ours = arm_of(bucket_of(seed, unit), shares, coverage / 100)
    assert ours == theirs(seed, unit, shares, coverage / 100)


@given(WEIGHTS, st.integers(0, BUCKETS - 1), st.integers(1, 99))
def test_whoever_takes_part_keeps_the_arm_when_more_take_part(
    weights: list[int], bucket: int, percent: int
) -> None:
    shares = [weight / sum(weights) for weight in weights]
    before, after = (arm_of(bucket, shares, each / 100) for each in (percent, percent + 1))
    assert before is None or before == after


def test_arms_get_the_shares_that_they_were_given() -> None:
    counts = Counter(arm_of(bucket_of("shares", f"usr_{n}"), (0.8, 0.2)) for n in range(20_000))
    assert counts[0] / 20_000 == pytest.approx(0.8, abs=0.01)


def test_two_experiments_divide_the_same_users_independently() -> None:
    both = Counter(
        tuple(arm_of(bucket_of(seed, f"usr_{n}"), (0.5, 0.5)) for seed in ("one", "other"))
        for n in range(20_000)
    )
    assert all(count == pytest.approx(5_000, abs=300) for count in both.values())
