"""One worker process for the tests of breakers: a call that tells what it is served with, and probes of what is due.

python -m tests.routing.patients, with the settings of the routing room and the vendors' addresses in the environment.
A line «fail SERVICE» on its input is a failure that its call meets. Ends when its input does.
"""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from uuid import uuid4
from zoneinfo import ZoneInfo

from routing.decision import Decision, RouteInputs, StackState
from routing.probing import keep_probing
from routing.service import RoutedCall, RoutingService
from routing.settings import RoutingSettings
from tiers.faults import Fault
from tiers.probe import probe
from tiers.settings import VendorSettings

STACKS = (
    StackState(
        name="economy", tier="economy", configured=True, free=True, alternatives=(("cartesia", "piper"),)
    ),
)


def tell(decision: Decision) -> None:
    print("without", *decision.without, flush=True)


async def main() -> None:
    """Serve one call until told to end."""
    settings = RoutingSettings()
    probing = asyncio.create_task(keep_probing(settings, partial(probe, settings=VendorSettings())))
    async with RoutingService(settings) as service:
        call = await service.call(
            RouteInputs(plan="economy", stacks=STACKS),
            call_id=uuid4().hex,
            user_id=uuid4().hex,
            zone=ZoneInfo("Europe/Berlin"),
            share=1,
            on_decision=lambda decision, _cause: tell(decision),
            on_spent=lambda _: None,
        )
        tell(await call.open())
        await obey(call)
        await call.aclose()
    probing.cancel()
    await asyncio.gather(probing, return_exceptions=True)


async def obey(call: RoutedCall) -> None:
    """Do what the input says until it ends."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        _, service = line.split()
        call.failed(service, Fault.VENDOR_DOWN)


if __name__ == "__main__":
    asyncio.run(main())
