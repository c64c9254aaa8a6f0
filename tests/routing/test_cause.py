"""Why nothing may serve a call: only what somebody set, by caps or by switching off, is nobody's failure."""

from __future__ import annotations

from typing import Any

import pytest

from routing.cause import why_nothing
from routing.decision import BudgetState, Cause, RouteInputs, StackState
from routing.policy import DEFAULT_POLICY
from routing.router import decide

pytestmark = pytest.mark.unit

SPENT = BudgetState(premium="exhausted", economy="exhausted", scope="global-day")


def state(name: str, tier: Any, *, configured: bool = True) -> StackState:
    why_not = "" if configured else "OPENAI_API_KEY is not set"
    return StackState(
        name=name,
        tier=tier,
        configured=configured,
        why_not=why_not,
        alternatives=((f"{name}-vendor",),),
        voice=name != "text",
    )


STACKS = (state("premium", "premium"), state("economy", "economy"), state("text", "economy"))
OFF = DEFAULT_POLICY.model_copy(update={"tiers_off": ("premium", "economy")})
FAILED: Any = {"failed": ("economy-vendor", "text-vendor", "premium-vendor"), "least_bad_failed": True}


@pytest.mark.parametrize(
    ("news", "why"),
    [
        ({"budget": SPENT}, Cause.MONEY),
        ({"budget": BudgetState(premium="unpaid", economy="unpaid")}, Cause.MONEY),
        (
            {"budget": SPENT, "policy": DEFAULT_POLICY.model_copy(update={"tiers_off": ("premium",)})},
            Cause.MONEY,
        ),
        ({"policy": OFF}, Cause.POLICY),
        # Redis is away: nobody spent anything.
        ({"budget": BudgetState(premium="blind", economy="blind")}, Cause.VENDOR),
        (FAILED, Cause.VENDOR),
        # Of what could be paid for the vendors are gone: it is not the money.
        ({"budget": BudgetState(economy="exhausted"), **FAILED}, Cause.VENDOR),
        ({"stacks": tuple(state(each.name, each.tier, configured=False) for each in STACKS)}, Cause.VENDOR),
        # Who switched off what could serve nobody anyway has ended no call by it.
        (
            {
                "stacks": (state("premium", "premium", configured=False),),
                "policy": DEFAULT_POLICY.model_copy(update={"stacks_off": ("premium",)}),
            },
            Cause.VENDOR,
        ),
    ],
)
def test_a_call_that_nothing_may_serve_is_told_whether_something_is_broken(
    news: dict[str, Any], why: Cause
) -> None:
    decision = decide(RouteInputs(plan="premium", stacks=STACKS).model_copy(update=news))
    assert decision.stack is None
    assert why_nothing(decision) is why
