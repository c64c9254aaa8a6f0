"""What is said of one call in sum."""

from __future__ import annotations

import pytest

from routing.call_summary import summary_of
from routing.journal import Entry
from tests.routing.story.told import BEGAN, charge, moved_call

pytestmark = pytest.mark.unit

DAY_MS = 86_400_000


def test_stars_and_corrections_of_a_day_later_do_not_make_a_call_a_day_long() -> None:
    call = moved_call()
    stars = Entry("c1:stars", "outcome", BEGAN + DAY_MS, "c1", details={"rating": 5})
    corrected = charge(99, -7, DAY_MS, certainty="reconciled")
    plain, later = summary_of("c1", call), summary_of("c1", [*call, stars, corrected])
    assert (later.first_ms, later.last_ms) == (plain.first_ms, plain.last_ms)
    assert later.cost_microdollars == plain.cost_microdollars - 7
    assert {"rating": 5} in later.outcomes


def test_a_call_of_which_only_its_stars_are_left_ends_as_it_began() -> None:
    stars = Entry("c1:stars", "outcome", BEGAN, "c1", details={"rating": 5})
    assert (summary_of("c1", [stars]).first_ms, summary_of("c1", [stars]).last_ms) == (BEGAN, BEGAN)
