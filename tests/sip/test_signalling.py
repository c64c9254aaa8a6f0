"""SIP as others speak it: sipp plays the book's scenarios against whichever bridge is here."""

from __future__ import annotations

import asyncio
import random
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.sip.conftest import livekit, rooms
from tests.sip.talk import Talk

pytestmark = [pytest.mark.phone, pytest.mark.timeout(240)]

INVITE = (
    "INVITE sip:tasks@127.0.0.1:{port} SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bK{number};rport\r\n"
    "From: <sip:+1555{number}@127.0.0.1>;tag=f{number}\r\n"
    "To: <sip:tasks@127.0.0.1>\r\n"
    "Call-ID: flood-{number}\r\n"
    "CSeq: 1 INVITE\r\n"
    "Contact: <sip:flood@127.0.0.1:{own}>\r\n"
    "Max-Forwards: 70\r\n"
    "Content-Length: 0\r\n\r\n"
)


@pytest.mark.parametrize("scenario", ["options", "call", "hold", "no_codec"])
async def test_a_scenario_goes_as_the_book_says(phone_demo: Any, sipp: Any, scenario: str) -> None:
    played = await sipp(phone_demo, scenario)
    assert played.code == 0, played.errors


async def test_a_call_that_we_end_is_ended_by_a_goodbye_of_ours(phone_demo: Any, sipp: Any) -> None:
    """Who keys no PIN hears so, and then the line is closed."""
    played = await sipp(phone_demo, "ended_by_us", user="+4930123456", seconds=40)
    assert played.code == 0, played.errors


@pytest.mark.dear
async def test_only_who_knows_the_password_gets_in(
    start_phone_demo: Callable[..., Any], sipp: Any, baresip: Any
) -> None:
    secret = {"VOICETASKS_SIP_USERNAME": "+15550100", "VOICETASKS_SIP_PASSWORD": "open-sesame"}
    demo = start_phone_demo(**secret).wait_ready()
    assert (await sipp(demo, "digest", password="open-sesame")).code == 0
    assert (await sipp(demo, "wrong_password", password="sesame")).code == 0
    assert (await sipp(demo, "call", seconds=5)).code != 0
    async with baresip(demo, password="open-sesame") as phone:
        await phone.dial()
        await phone.hang_up()


async def test_two_calls_from_one_number_have_a_room_each(phone_demo: Any, baresip: Any) -> None:
    async with baresip(phone_demo) as one, baresip(phone_demo) as other, livekit(phone_demo) as client:
        await asyncio.gather(one.dial(), other.dial())
        found = await rooms(client)
        assert len(found) == len(set(found)) == 2
        await one.hang_up()
        await other.hang_up()


@pytest.mark.dear
async def test_a_flood_and_rubbish_harm_no_call_that_is_up(
    phone_demo: Any, baresip: Any, mouth_and_ear: Any
) -> None:
    port = phone_demo.ports["sip"]
    async with baresip(phone_demo) as phone:
        await phone.dial()
        await Talk(phone, *mouth_and_ear).is_known()
        before = len(phone.heard())
        began = time.monotonic()
        await asyncio.to_thread(flood, port, packets=3_000, seconds=8.0)
        lasted = time.monotonic() - began
        heard = (len(phone.heard()) - before) / 8000
        assert heard > 0.9 * lasted, f"{heard:.1f} s of sound in {lasted:.1f} s"
        assert not phone.is_over
        await phone.hang_up()


def flood(port: int, *, packets: int, seconds: float) -> None:
    """Calls that nobody means, calls cut short and bytes by chance, for a bounded time to this machine alone."""
    chance = random.Random(7)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.bind(("127.0.0.1", 0))
        ends = time.monotonic() + seconds
        for number in range(packets):
            whole = INVITE.format(port=port, own=own.getsockname()[1], number=number).encode()
            kind = number % 4
            if kind == 1:
                data = whole[: chance.randrange(len(whole))]
            elif kind == 2:
                data = chance.randbytes(chance.randrange(1, 1400))
            elif kind == 3:
                place = chance.randrange(len(whole))
                data = whole[:place] + chance.randbytes(3) + whole[place + 3 :]
            else:
                data = whole
            own.sendto(data, ("127.0.0.1", port))
            left = ends - time.monotonic()
            if left <= 0:
                return
            time.sleep(max(0.0, left / (packets - number)))
