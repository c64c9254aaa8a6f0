"""A demo of the bench's own with a telephone, and the ways to call it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from cli.bench.phone.leftovers import Leftovers
from cli.bench.quiet_room import ROOM_NOISE, unseen
from cli.bench.swaps.talk import World, world
from cli.caller.phone.phone_line import PhoneLine, PhoneWay
from cli.caller.phone.sip_call import Dialled
from cli.phone_bridge import find_bridge
from cli.room_server import room_server
from people.demo_accounts import DEMO_PHONES, DEMO_PIN

OPTIONS: Final = ("--phone", "--sip-port", "0")
LINES: Final = 10
"""Calls at once that the worker has room for."""
SETTINGS: Final = {"VOICETASKS_AGENT_SLOTS": str(LINES)}


@dataclass(frozen=True)
class Office:
    """What the parts of the bench reach."""

    world: World
    leftovers: Leftovers
    bridge: str
    """livekit, or stand-in."""

    def way(self, tier: str, *, called: str = "tasks", pin: str | None = None) -> PhoneWay:
        """The telephone of the demo account of a tier. `pin` None: it keys the right one."""
        dialled = Dialled(self.world.ports["sip"], DEMO_PHONES[f"{tier}@example.com"], called)
        return PhoneWay(dialled, dict(os.environ), DEMO_PIN.get_secret_value() if pin is None else pin)

    def line(self, tier: str, *, called: str = "tasks", pin: str | None = None) -> PhoneLine:
        """A call that begins with the block."""
        return PhoneLine(self.way(tier, called=called, pin=pin), unseen, record=False, room_noise=ROOM_NOISE)

    async def serve_as(self, profile: str) -> None:
        """Have the stand-ins be as slow as a profile says."""
        async with httpx.AsyncClient(base_url=self.world.control_url, timeout=10, trust_env=False) as client:
            (await client.put("/profile", json={"name": profile})).raise_for_status()


@contextlib.asynccontextmanager
async def office(folder: Path, **settings: str) -> AsyncIterator[Office]:
    """Start everything. Raises NoDemoError and CannotSpeakError."""
    async with (
        world(folder, *OPTIONS, **(SETTINGS | settings)) as running,
        Leftovers(
            livekit=room_server(os.environ),
            control_url=running.control_url,
            redis_url=os.environ["REDIS_URL"],
        ) as leftovers,
    ):
        yield Office(running, leftovers, find_bridge(os.environ.get("LIVEKIT_SIP_BIN", "")).kind)
