"""What the next seconds of a call are thought to cost."""

from __future__ import annotations

import pytest

from routing.forecast import LEAST, MARGIN, START_RATES, Forecast, Offer
from routing.kinds import Tier
from tests.routing.conftest import ECONOMY, PREMIUM
from tiers.catalogue import MODELS, STACKS, Model, is_free
from tiers.confirmed_prices import trusted
from tiers.usage import Usage

pytestmark = pytest.mark.unit

BUDGET = Offer.of("budget", "economy")
A_MINUTE = {
    "stt": {"audio_ms": 60_000},
    "llm": {"input_tokens": 9_000, "output_tokens": 250},
    "tts": {"characters": 480},
}
"""What a cascade uses in a minute, as adr/0009 reckons."""


def served(offer: Offer, at: float = 0.0) -> Forecast:
    """The forecast of a call that a stack serves."""
    forecast = Forecast(at)
    forecast.serves(offer, at)
    return forecast


@pytest.mark.parametrize("offer", [PREMIUM, ECONOMY])
def test_a_call_that_has_shown_no_rate_yet_is_thought_to_cost_what_such_calls_do(offer: Offer) -> None:
    assert Forecast(0.0).next(offer, 15, 1.0) == START_RATES[offer.tier] // 4
    assert served(offer).next(offer, 15, 1.0) == START_RATES[offer.tier] // 4


def test_what_the_last_minute_cost_is_what_the_next_will_with_a_margin() -> None:
    forecast = served(PREMIUM)
    forecast.charged("premium", "premium", 999_999, 10.0)  # more than a minute ago
    forecast.charged("premium", "", 200_000, 90.0)
    assert forecast.next(PREMIUM, 15, 100.0) == MARGIN * 200_000 / 4


def test_after_a_silent_minute_a_reply_is_still_paid_for() -> None:
    assert served(ECONOMY).next(ECONOMY, 60, 100.0) == LEAST * START_RATES["economy"]


def test_another_tier_is_not_thought_to_cost_what_the_one_before_did() -> None:
    forecast = served(PREMIUM)
    forecast.charged("premium", "premium", 500_000, 50.0)
    assert forecast.next(ECONOMY, 15, 60.0) == START_RATES["economy"] // 4
    forecast.serves(ECONOMY, 60.0)
    forecast.charged("economy", "economy", 10_000, 70.0)
    assert forecast.next(ECONOMY, 15, 90.0) == MARGIN * 10_000 / 2  # of half a minute


def test_who_comes_back_to_a_dear_stack_is_thought_to_pay_what_it_cost() -> None:
    forecast = served(PREMIUM)
    forecast.charged("premium", "premium", 300_000, 50.0)
    forecast.serves(ECONOMY, 60.0)
    assert forecast.next(PREMIUM, 15, 200.0) == MARGIN * 300_000 / 4
    forecast.serves(PREMIUM, 200.0)
    forecast.charged("premium", "premium", 10_000, 230.0)
    assert forecast.next(PREMIUM, 15, 260.0) == LEAST * START_RATES["premium"] / 4, (
        "what serves is known better"
    )


def test_a_stack_that_served_for_a_moment_has_shown_no_rate() -> None:
    forecast = served(PREMIUM)
    forecast.charged("premium", "premium", 300_000, 5.0)
    forecast.serves(ECONOMY, 6.0)
    assert forecast.next(PREMIUM, 15, 60.0) == START_RATES["premium"] // 4


def test_a_stack_that_is_asked_for_and_refused_makes_nobody_forget_what_the_call_costs() -> None:
    forecast = served(ECONOMY)
    forecast.charged("economy", "economy", 60_000, 50.0)
    assert forecast.next(PREMIUM, 15, 60.0) == START_RATES["premium"] // 4
    assert forecast.next(ECONOMY, 15, 60.0) == MARGIN * 60_000 / 4


@pytest.mark.parametrize(
    ("before", "tier", "after"), [(PREMIUM, "premium", ECONOMY), (ECONOMY, "economy", BUDGET)]
)
def test_what_the_stack_before_still_bills_does_not_make_the_next_slice_dearer(
    before: Offer, tier: Tier, after: Offer
) -> None:
    forecast = served(before)
    forecast.serves(after, 60.0)
    forecast.charged(tier, before.stack, 60_000, 62.0)  # it was being spoken when the call was moved
    assert forecast.next(after, 15, 75.0) == LEAST * after.rate // 4


def test_no_first_slice_of_a_cascade_is_cheaper_than_its_minute_by_the_price_list() -> None:
    """The next model in the line of succession is not, either."""

    def minute(part: str, model: Model) -> int:
        units = A_MINUTE[part]
        return trusted().price(
            Usage("s:1", model.vendor, model.name, part, "", units, "actual", "ok")  # type: ignore[arg-type]
        )

    for stack in STACKS.values():
        if is_free(stack) or not stack.is_cascade:
            continue
        for late in (False, True):
            models = {p: MODELS[m.successor] if late and m.successor else m for p, m in stack.parts.items()}
            cost = sum(minute(part, model) for part, model in models.items())
            assert cost <= Offer.of(stack.name, stack.tier).rate, (stack.name, cost)
