"""The forecast of a month."""

from __future__ import annotations

import numpy as np
import pytest

from routing.whatif.month import month_forecast

pytestmark = pytest.mark.unit


def test_nineteen_of_twenty_months_lie_in_the_range() -> None:
    chance = np.random.default_rng(4)
    inside = 0
    for _ in range(400):
        days = chance.lognormal(11, 0.4, 40)
        found = month_forecast(list(days[:10]), 30)
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        inside += found.low <= days[10:].sum() <= found.high
    assert inside >= 0.9 * 400


def test_of_too_few_days_there_is_no_range_and_of_none_no_forecast() -> None:
    assert month_forecast([], 30) is None
    found = month_forecast([100.0, 200.0], 30)
    assert found is not None
    assert (found.microdollars, found.low, found.high) == (4_500, None, None)


def test_what_costs_are_off_themselves_widens_the_range() -> None:
    sure, unsure = (month_forecast([100.0] * 9, 30, off_a_day=off) for off in (0, 10))
    assert sure is not None
    assert unsure is not None
    assert (sure.low, sure.high) == (3_000, 3_000)
    assert (unsure.low, unsure.high) == (2_700, 3_300)
