"""One worker process for the tests of policy: a call of the product's routing that tells each stack it is served with.

python -m tests.routing.followers, with the settings of the routing room in the environment; ends when its input does.
"""

from __future__ import annotations

import asyncio
import sys
from uuid import uuid4
from zoneinfo import ZoneInfo

from routing.decision import Decision, RouteInputs, StackState
from routing.service import RoutingService
from routing.settings import RoutingSettings

STACKS = (
    StackState(name="premium", tier="premium", configured=True),
    StackState(name="economy", tier="economy", configured=True),
    StackState(name="local", tier="economy", configured=True, free=True),
)


def tell(decision: Decision) -> None:
    print(decision.policy_version, decision.stack, flush=True)


async def main() -> None:
    """Serve one call until told to end."""
    async with RoutingService(RoutingSettings()) as service:
        call = await service.call(
            RouteInputs(plan="premium", stacks=STACKS),
            call_id=uuid4().hex,
            user_id=uuid4().hex,
            zone=ZoneInfo("Europe/Berlin"),
            share=1,
            on_decision=lambda decision, _cause: tell(decision),
            on_spent=lambda _: None,
        )
        tell(await call.open())
        await asyncio.to_thread(sys.stdin.read)
        await call.aclose()


if __name__ == "__main__":
    asyncio.run(main())
