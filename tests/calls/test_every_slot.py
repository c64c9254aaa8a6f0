"""As many callers as a worker has slots for are served, and the next one is told."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from tests.calls.room_caller import Door, calling

pytestmark = [pytest.mark.system, pytest.mark.timeout(400)]

SLOTS = 4


@pytest.mark.dear
async def test_each_slot_serves_a_caller_and_the_next_is_told_that_all_lines_are_busy(
    start_demo: Any,
) -> None:
    demo = start_demo(
        VOICETASKS_SANDBOX_EAR="told",
        VOICETASKS_SANDBOX_VOICE="tone",
        VOICETASKS_AGENT_SLOTS=str(SLOTS),
    ).wait_ready()
    async with AsyncExitStack() as callers:
        for number in range(SLOTS):
            email = f"{'premium' if number % 2 else 'economy'}@example.com"
            # Each is greeted before the next one calls, so that LiveKit has heard how full the worker is.
            _, caller = await callers.enter_async_context(calling(demo.url, email, consent=False))
            await caller.quiet(80)
        async with httpx.AsyncClient(base_url=demo.url, timeout=15, trust_env=False) as client:
            door = Door(client)
            await door.sign_in("economy@example.com")
            with pytest.raises(httpx.HTTPStatusError) as told:
                await door.post("/api/calls")
    assert told.value.response.status_code == 503
    assert told.value.response.json()["error"]["code"] == "busy"
