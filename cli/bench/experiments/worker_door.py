"""A process that draws arms as a worker's job does: it follows the policy, and its calls' routers draw.

User ids come on standard input, one a line; the arms go to standard output as one JSON object. What a call needs
besides, money and a journal, is left out: an arm is drawn before either is asked.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any, cast

from routing.call_router import CallRouter
from routing.decision import RouteInputs, StackState
from routing.journal import Journal
from routing.kinds import Channel, Plan
from routing.lease import Lease
from routing.policy_watch import PolicyWatch
from routing.redis_link import RedisLink
from routing.settings import RoutingSettings
from routing.spool import Spool
from tiers.catalogue import STACKS

FREE = tuple(
    StackState(name=stack.name, tier=stack.tier, configured=True, free=True) for stack in STACKS.values()
)


class _NoMoney:
    """A lease of calls that cost nothing."""

    tier = None
    on_verdict = None

    def now_ms(self) -> int:
        return 0


class _NoJournal:
    async def append(self, _entries: object) -> int:
        return 0


async def arms(units: list[str], plan: Plan, channel: Channel) -> dict[str, str | None]:
    """Begin a call for each user and give the arm that its router drew."""
    settings = RoutingSettings()
    link = RedisLink(settings.redis_url)
    watch = PolicyWatch(link, settings.database_url)
    await watch.start()
    found: dict[str, str | None] = {}
    try:
        inputs = RouteInputs(plan=plan, channel=channel, stacks=FREE)
        for number, unit in enumerate(units):
            router = CallRouter(
                cast("Lease", cast("Any", _NoMoney())),
                cast("Journal", cast("Any", _NoJournal())),
                cast("Spool", None),
                inputs,
                call_id=f"c{number}",
                subject="s_bench",
                unit=unit,
                policy=lambda: watch.policy,
            )
            decision = await router.open()
            drawn = decision.inputs.assignment
            found[unit] = None if drawn is None else drawn.arm
            await asyncio.sleep(0)  # what it would have written
    finally:
        await watch.aclose()
        await link.aclose()
    return found


if __name__ == "__main__":
    wanted = [line.strip() for line in sys.stdin if line.strip()]
    print(json.dumps(asyncio.run(arms(wanted, "economy", "phone"))))
