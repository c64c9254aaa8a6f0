"""However a call ends, nothing of it stays: no room, no job, no slot, no socket to a vendor, no money held."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from cli.caller.sound import MICROPHONE_RATE
from tests.sip.conftest import held_leases, livekit, rooms, used_slots, vendor_sockets
from tests.sip.talk import Talk, keys_pin

pytestmark = [pytest.mark.phone, pytest.mark.timeout(240)]


async def gone_within(demo: Any, seconds: float) -> float:
    """Wait until nothing is left of any call; after how many seconds that was."""
    began = time.monotonic()
    async with livekit(demo) as client:
        while True:
            left = {
                "rooms": len(await rooms(client)),
                "sockets": vendor_sockets(demo),
                "slots": await used_slots(demo),
                "leases": await held_leases(demo),
            }
            if not any(left.values()):
                return time.monotonic() - began
            if time.monotonic() - began > seconds:
                pytest.fail(f"after {seconds:.0f} s there is still {left}")
            await asyncio.sleep(0.1)


@pytest.mark.dear
@pytest.mark.parametrize("moment", ["answered", "greeting", "silence", "speech", "answer"])
async def test_after_a_goodbye_everything_ends_within_five_seconds(
    phone_demo: Any, baresip: Any, person: Any, mouth_and_ear: Any, moment: str
) -> None:
    await person(phone_demo).start_with("Buy milk")
    async with baresip(phone_demo) as phone:
        await phone.dial()
        if moment == "greeting":
            await keys_pin(phone)
            await asyncio.sleep(2.0)
        if moment in ("silence", "speech", "answer"):
            await Talk(phone, *mouth_and_ear).is_known()
        if moment in ("speech", "answer"):
            sound = await mouth_and_ear[0].speak("What is on my list for today?")
            took = await phone.say(sound, MICROPHONE_RATE)
            await asyncio.sleep(took * 0.6 if moment == "speech" else took + 0.6)
        await phone.hang_up()
        print(
            f"everything of a call hung up in {moment} ended after {await gone_within(phone_demo, 5):.2f} s"
        )


async def test_twenty_abandoned_calls_leave_nothing_and_cost_nothing(phone_demo: Any, sipp: Any) -> None:
    await gone_within(phone_demo, 45)  # nothing of an earlier call may still be billed
    before = json.loads(phone_demo.voicetasks("sandbox", "invoice", "--json").stdout)
    for milliseconds in (0, 150):
        played = await sipp(phone_demo, "cancel", calls=10, at_once=1, milliseconds=milliseconds)
        assert played.code == 0, played.errors
    await gone_within(phone_demo, 45)
    after = json.loads(phone_demo.voicetasks("sandbox", "invoice", "--json").stdout)
    assert after == before


async def test_a_telephone_that_dies_without_a_word_is_noticed(phone_demo: Any, baresip: Any) -> None:
    async with baresip(phone_demo) as phone:
        await phone.dial()
        phone.kill()
        await gone_within(phone_demo, 25)
