"""What a replayed call comes to while its charges come in."""

from __future__ import annotations

from typing import Any

import pytest

from routing.caps import Cap, Caps
from routing.decision import Decision
from routing.policy import DEFAULT_POLICY
from routing.whatif.costing import Costing
from routing.whatif.recorded import Charge, RecordedCall, Stretch
from routing.whatif.replaying import ReplayedCall, replayed
from tests.routing.experiments.past import MINUTE, charge, decision, usage
from tiers.prices import PriceTable, bundled
from tiers.usage import Usage

pytestmark = pytest.mark.unit

T = 1_800_000_000_000
LINE = usage("line:0", vendor="twilio", model="trunk-inbound", part="phone", units={"phone_ms": 60_000})


def served(used: list[Usage], *, plan: str = "economy") -> RecordedCall:
    """A call that was served by one stack, with a charge of 1,000 µ$ every five seconds."""
    decided = decision("c1", T, subject="s_a", plan=plan)
    call = RecordedCall("c1", "s_a", last_ms=T + 5_000 * len(used))
    call.stretches.append(Stretch(T, Decision.model_validate(decided.details["decision"])))
    for number, each in enumerate(used):
        booked = charge("c1", T + 5_000 * number, each, 1_000, subject="s_a")
        call.charges.append(Charge(booked, each))
    call.put_together()
    return call


def again(call: RecordedCall, **update: Any) -> ReplayedCall:
    policy = DEFAULT_POLICY.model_copy(update={"version": "7", **update})
    costing = Costing([call], None, bundled())
    [found] = replayed([call], [], costing, policy=policy, users={}, experiments={})
    return found


def test_each_charge_of_a_stretch_is_priced_once_and_an_estimate_that_was_replaced_counts_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    guess = usage("guess", certainty="estimated", units={"characters": 90_000})
    said = [usage(f"u{n}") for n in range(198)]
    call = served([guess, *said, usage("real", replaces="guess")])
    priced, price = [], PriceTable.price

    def counting(table: PriceTable, used: Usage) -> int:
        priced.append(used.event_id)
        return price(table, used)

    monkeypatch.setattr(PriceTable, "price", counting)
    found = again(call, stacks_off=("economy",))
    assert len(priced) == 200
    monkeypatch.undo()
    assert [part.decision.stack for part in found.parts] == ["budget"]
    assert found.cost.microdollars == 199 * bundled().price(usage("u", "budget"))


def test_what_is_reckoned_by_the_minute_empties_a_purse_as_it_goes_on() -> None:
    spoken = {"units": {"audio_output_tokens": 500}, "part": "speech_to_speech"}
    call = served([usage(f"u{n}", "premium", **spoken) for n in range(60)], plan="premium")
    low = Cap(premium=0, total=100_000)
    found = again(call, caps=Caps(call=low, user_day=low, user_month=low, global_day=low))
    # Economy is reckoned at its goal, 40,000 µ$ a minute; a slice of 10,000 has no room from 90,000 on.
    economy = found.parts[0]
    assert economy.decision.stack == "economy"
    assert economy.cost.estimated
    assert (economy.ends_ms - T) / MINUTE == pytest.approx(2.25, abs=0.1)


@pytest.mark.parametrize(("stack", "rest"), [("local", 0), ("budget", bundled().price(usage("u", "budget")))])
def test_a_telephones_line_costs_the_same_whichever_stack_serves(stack: str, rest: int) -> None:
    call = served([LINE, usage("u1")])
    stretch = call.stretches[0]
    other = stretch.decision.model_copy(update={"stack": stack})
    running = Costing([call], None, bundled()).started(call, stretch, other)
    for each in stretch.charges:
        running.add(each)
    assert running.after(1.0).microdollars == 1_000 + rest
