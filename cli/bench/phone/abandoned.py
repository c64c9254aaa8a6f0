"""Part `abandoned`: calls that are given up in a row, while it rings and while a PIN is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from cli.bench.phone.office import Office
from cli.bench.report import Report
from cli.caller.changes import Changes
from cli.caller.errors import CallError
from cli.caller.phone.rtp_sound import RtpSound
from cli.caller.phone.sip_call import SipCall

RINGS_SECONDS: Final = (0.0, 0.05, 0.2, 0.5, 1.0)
"""After how long a call is given up that nobody has answered yet."""
INTO_PROMPT_SECONDS: Final = 0.6
GONE_SECONDS: Final = 45.0
"""A room whose making was broken off is closed by the room server, after a while."""
KINDS: Final = ("rooms", "sockets", "slots", "leases")


@dataclass
class Abandoned:
    """What they left."""

    ringing: int = 0
    """Given up before somebody answered."""
    answered: int = 0
    """Hung up before the caller was known."""
    left: dict[str, int] = field(default_factory=dict)
    cost: bool | None = None
    """Whether the vendors' bill has grown; None: it was not looked at."""

    @property
    def count(self) -> int:
        """All of them."""
        return self.ringing + self.answered

    def judge(self, report: Report) -> None:
        """Hold it to the promise."""
        if self.cost is None:
            return
        for kind in KINDS:
            report.at_most(f"abandoned: {kind} that stay", 0, self.left.get(kind, 0), kind, self.count)
        report.at_most("abandoned: vendors' bills that grew", 0, int(self.cost), "bills", self.count)

    def as_json(self) -> dict[str, Any]:
        """What lies behind it."""
        return asdict(self)


async def measure(office: Office, found: Abandoned, count: int, tell: Callable[[str], None]) -> None:
    """Give up so many calls, one after the other."""
    await office.leftovers.gone_within(GONE_SECONDS)
    before = await office.leftovers.invoice()
    for number in range(count):
        if number % 2:
            await _hang_up_in_the_prompt(office)
            found.answered += 1
        else:
            await _give_up(office, RINGS_SECONDS[number // 2 % len(RINGS_SECONDS)])
            found.ringing += 1
    _, found.left = await office.leftovers.gone_within(GONE_SECONDS)
    found.cost = await office.leftovers.invoice() != before
    left = ", ".join(f"{number} {kind}" for kind, number in found.left.items() if number)
    tell(f"{found.count} calls given up: {left or 'nothing'} left, {'costly' if found.cost else 'free'}")


async def _give_up(office: Office, seconds: float) -> None:
    async with RtpSound(Changes()) as sound:
        call = SipCall(office.way("economy").dialled, sound.port)
        dialling = asyncio.create_task(call.__aenter__(), name="bench.dial")
        await asyncio.wait({dialling}, timeout=seconds)
        if not dialling.cancel():  # it was answered after all
            await call.__aexit__(None, None, None)
        await asyncio.gather(dialling, return_exceptions=True)


async def _hang_up_in_the_prompt(office: Office) -> None:
    try:
        async with office.line("economy", pin=""):
            await asyncio.sleep(INTO_PROMPT_SECONDS)
    except CallError:
        pass  # refused or not answered: it was given up all the same
