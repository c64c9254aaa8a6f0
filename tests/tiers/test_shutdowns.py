"""What whoever runs the product is told of models that their vendors shut down."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cli.doctor.vendors import models
from tiers.catalogue import MODELS, SUCCEED_BEFORE, Model
from tiers.shutdowns import WARN_BEFORE, shutdowns

pytestmark = pytest.mark.unit

MINI = MODELS["gpt-4o-mini"]
assert MINI.shutdown is not None
DAY = MINI.shutdown
KNOWN = {MINI.name: MINI}


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (WARN_BEFORE + timedelta(1), None),
        (WARN_BEFORE, "openai stops it on 2027-01-14, in 60 days; gpt-5.6-luna is served from 2026-12-15"),
        (SUCCEED_BEFORE, "openai stops it on 2027-01-14, in 30 days; gpt-5.6-luna is served instead"),
        (timedelta(), "openai stopped it on 2027-01-14; gpt-5.6-luna is served instead"),
    ],
)
def test_a_model_is_told_of_from_sixty_days_before_its_end_with_day_and_successor(
    before: timedelta, told: str | None
) -> None:
    assert [each.told for each in shutdowns(DAY - before, KNOWN)] == ([told] if told else [])


def test_a_model_without_a_successor_is_followed_by_nothing() -> None:
    (found,) = shutdowns(DAY, {"old": Model("openai", "old", DAY)})
    assert (found.told, found.successor, found.since) == ("openai stopped it on 2027-01-14", None, None)


def test_the_doctor_tells_the_same() -> None:
    today = DAY - timedelta(40)
    told = {check.detail for check in models(today) if check.level == "warn"}
    assert told == {each.told for each in shutdowns(today)} != set()
