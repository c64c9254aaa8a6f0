"""What a message of Gemini Live tells of its vendor."""

from __future__ import annotations

import pytest
from google.genai import types
from livekit.agents import APIConnectionError

from tiers.faults import Fault
from tiers.gemini_watch import MARGIN_SECONDS, GeminiWatch
from tiers.watch import Failure, Watch

pytestmark = pytest.mark.unit


def going(left: str | None) -> types.LiveServerMessage:
    return types.LiveServerMessage(go_away=types.LiveServerGoAway(time_left=left))


@pytest.mark.parametrize(
    ("left", "within"),
    [("60s", 60 - MARGIN_SECONDS), ("9.5s", 9.5 - MARGIN_SECONDS), ("1s", 0.0), (None, 0.0)],
)
async def test_an_end_that_is_announced_leaves_time_for_a_pause(left: str | None, within: float) -> None:
    told: list[Failure] = []
    watch = Watch(told.append)
    GeminiWatch(watch, "gemini-live").server_event(going(left))
    assert [(failure.fault, failure.within) for failure in told] == [(Fault.EXPIRED, within)]
    watch.close()


async def test_a_socket_that_dies_before_the_end_that_was_announced_is_told() -> None:
    told: list[Failure] = []
    watch = Watch(told.append)
    events = GeminiWatch(watch, "gemini-live")
    events.server_event(going("60s"))
    events.failed(APIConnectionError("gone"))
    assert [failure.fault for failure in told] == [Fault.EXPIRED, Fault.VENDOR_DOWN]
    watch.close()
