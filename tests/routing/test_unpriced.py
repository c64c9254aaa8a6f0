"""What a vendor says was used, and no price list prices, is counted as lost."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from routing.bill import Bill, PricedUsage
from routing.service import RoutedCall
from routing.sight_budget import SightBudget
from tests.routing.experiments.past import usage
from tiers.prices import bundled
from tiers.usage import Part

pytestmark = pytest.mark.unit

NOBODY: Any = SimpleNamespace()
WATCHED: Any = SimpleNamespace(on_change=lambda _: lambda: None)


def test_a_part_without_a_price_is_told_of_and_charged_to_nobody() -> None:
    charged: list[PricedUsage] = []
    lost: list[Part] = []
    router: Any = SimpleNamespace(meter=charged.append, policy_changed=None, health_changed=None)
    call = RoutedCall(
        router, Bill(bundled()), WATCHED, WATCHED, NOBODY, SightBudget(1), on_unpriced=lost.append
    )
    call.meter(usage("u1"))
    call.meter(
        usage("u2", vendor="openai", model="gpt-realtime-whisper", part="transcription", units={"text_in": 5})
    )
    assert ([each.event_id for each in charged], lost) == (["u1"], ["transcription"])
