"""A hundred calls of both tiers: what each call's meter booked against what the vendors' stand-ins invoice for it."""

import asyncio
from collections import Counter

import pytest

from sandbox.app import serve
from sandbox.desk import Desk
from sandbox.profiles import PROFILES
from tests.tiers.metering.conftest import Booked, until
from tests.tiers.metering.mixed_calls import ACTIONS, BreakingVoice, MixedCall

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

CALLS = 100
AT_ONCE = 10
GENERATES = 0.4
"""Slower than the vendor, so that on a busy machine little is made in the moment in which a line breaks."""
SEED = 7


async def test_a_hundred_mixed_calls_are_booked_as_they_are_billed() -> None:
    profile = PROFILES["instant"].model_copy(update={"llm_token_ms": 8})
    desk = Desk(profile=profile, voice=BreakingVoice(), time_scale=GENERATES)
    async with serve(desk) as running:
        calls = [MixedCall(number, desk, running.port, SEED) for number in range(CALLS)]
        places = asyncio.Semaphore(AT_ONCE)

        async def take(call: MixedCall) -> None:
            async with places:
                await call.run()

        async with asyncio.TaskGroup() as group:
            for call in calls:
                group.create_task(take(call), name=call.tag)
        await until(lambda: not desk.connections.count())
        rows = desk.invoice.rows()

    off = {}
    for call in calls:
        billed = sum(row.microdollars for row in rows if call.is_mine(row))
        # Of what was made in the moment in which a line broke nobody can know before the vendor's own export.
        most = 0.05 if "cut" in call.done else 0.005
        if abs(call.booked.microdollars - billed) > max(billed * most, 200):
            off[call.tag] = (call.tier, call.done, call.booked.microdollars, billed)
    assert not off
    every = Booked(usage for call in calls for usage in call.booked)
    every_billed = sum(row.microdollars for row in rows)
    assert abs(every.microdollars - every_billed) <= every_billed * 0.005, (every.microdollars, every_billed)
    assert all(any(call.is_mine(row) for call in calls) for row in rows)

    # The mix is what it says it is.
    done = Counter(action for call in calls for action in call.done)
    assert all(done[action] >= 15 for action in {*ACTIONS, "cut"}), done
    assert {usage.outcome for usage in every} == {"ok", "cancelled", "failed"}
    assert {usage.certainty for usage in every} == {"actual", "estimated"}

    # Who charges by the event's id charges nothing for events that are sent again, in whatever order.
    assert len({usage.event_id for usage in every}) == len(every)
    again = Booked({usage.event_id: usage for usage in [*every, *reversed(every)]}.values())
    assert again.microdollars == every.microdollars
