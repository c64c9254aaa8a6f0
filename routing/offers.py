"""What the budget is asked for in one question: the stack that is to serve, and what of its tier could in its place."""

from __future__ import annotations

from collections.abc import Iterator

from routing.decision import RouteInputs
from routing.forecast import Offer
from routing.kinds import Tier
from routing.router import decide


def offers(inputs: RouteInputs) -> tuple[Offer, ...]:
    """Give what may be reserved now, best first: each is what the router chooses once those before are too dear.

    All are of one tier, and none stands below a free stack that could serve. Empty: what serves costs nothing, or
    nothing can.
    """
    return tuple(_offers(inputs))


def _offers(inputs: RouteInputs) -> Iterator[Offer]:
    tier: Tier | None = None
    while True:
        chosen = decide(inputs).stack
        state = next((state for state in inputs.stacks if state.name == chosen), None)
        if state is None or state.free or tier not in (None, state.tier):
            return
        tier = state.tier
        yield Offer.of(state.name, tier)
        inputs = inputs.model_copy(update={"budget": inputs.budget.beyond(tier, state.name)})
