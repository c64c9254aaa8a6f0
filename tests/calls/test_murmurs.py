"""«Yeah» over a speech-to-speech model, whose words we know only when it has fallen silent: it says the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.calls.conftest import Person

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

TITLES = ("Paint the fence", "Measure the kitchen", "Inspect the cellar", "Repair the balcony door")


@pytest.mark.dear
async def test_a_yeah_over_a_list_is_no_turn_and_the_rest_is_said(
    demo: Any, person: Callable[..., Person]
) -> None:
    premium = person(demo, "premium@example.com")
    await premium.start_with(*TITLES)
    result = premium.call("--say", "What's on my list?", "--interrupt-at", "1.0", "--say", "Yeah.")
    heard = " ".join(turn["heard"].lower() for turn in result["turns"])
    assert all(title.lower() in heard for title in TITLES), heard
    assert "welcome" not in heard
    assert "what would you like" not in heard
    assert result["turns"][1]["first_sound_ms"] is not None
