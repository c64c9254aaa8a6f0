"""Usage events made into charges."""

from __future__ import annotations

import pytest

from routing.bill import Bill
from tests.routing.experiments.past import usage
from tiers.prices import bundled

pytestmark = pytest.mark.unit


def test_a_charge_that_takes_an_estimates_place_adds_the_difference_and_says_whose_it_is() -> None:
    bill = Bill(bundled())
    estimate = bill.price(usage("u1", certainty="estimated"))
    report = bill.price(usage("u2", units={"characters": 600}, replaces="u1"))
    assert estimate is not None
    assert report is not None
    assert (estimate.replaces, report.replaces) == ("", "u1")
    assert report.microdollars == report.details["price"] - estimate.microdollars < 0
