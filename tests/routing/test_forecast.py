"""What the next seconds of a call are thought to cost."""

from __future__ import annotations

import pytest

from routing.forecast import LEAST, MARGIN, START_RATES, Forecast

pytestmark = pytest.mark.unit


def test_a_call_that_has_shown_no_rate_yet_is_thought_to_cost_what_such_calls_do() -> None:
    assert Forecast(0.0).next("premium", 15, 1.0) == START_RATES["premium"] // 4


def test_what_the_last_minute_cost_is_what_the_next_will_with_a_margin() -> None:
    forecast = Forecast(0.0)
    forecast.charged("premium", 999_999, 10.0)  # more than a minute ago
    forecast.charged("premium", 200_000, 90.0)
    assert forecast.next("premium", 15, 100.0) == MARGIN * 200_000 / 4


def test_after_a_silent_minute_a_reply_is_still_paid_for() -> None:
    assert Forecast(0.0).next("economy", 60, 100.0) == LEAST * START_RATES["economy"]


def test_another_tier_is_not_thought_to_cost_what_the_one_before_did() -> None:
    forecast = Forecast(0.0)
    forecast.next("premium", 15, 0.0)
    forecast.charged("premium", 500_000, 50.0)
    assert forecast.next("economy", 15, 60.0) == START_RATES["economy"] // 4
    forecast.charged("economy", 10_000, 70.0)
    assert forecast.next("economy", 15, 90.0) == MARGIN * 10_000 / 2  # of half a minute


def test_what_the_tier_before_still_bills_does_not_make_the_next_slice_dearer() -> None:
    forecast = Forecast(0.0)
    forecast.next("premium", 15, 0.0)
    forecast.next("economy", 15, 60.0)
    forecast.charged("premium", 60_000, 62.0)  # it was being spoken when the call was moved
    assert forecast.next("economy", 15, 75.0) == LEAST * START_RATES["economy"] // 4
