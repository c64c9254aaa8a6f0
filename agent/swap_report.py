"""A change of what serves a call that is done: counted, told in the call's story and written into the log."""

from __future__ import annotations

import asyncio
import logging

from agent.plans import Plan
from agent.swap_counter import swapped
from routing.happenings import Happenings
from tiers.catalogue import Stack

log = logging.getLogger("agent.swap_report")


def report_swap(
    before: str,
    after: Stack,
    plan: Plan | None,
    seconds: float,
    *,
    quick: bool,
    happenings: Happenings | None,
) -> None:
    """Report one. `before`: the stack's name. `plan`: what was followed; None for a renewal, whose reason is «age».

    `seconds` are our own time, in which nobody had the line. `quick`: the session went on with other models.
    """
    reason = plan.cause.value if plan is not None else "age"
    swapped(before, after.name, reason)
    if happenings is not None:
        own_ms = round(1000 * seconds)
        happenings.tell("swap", before=before, after=after.name, reason=reason, own_ms=own_ms, quick=quick)
    log.info(
        "call.swapped",
        extra={
            "from": before,
            "stack": after.name,
            "without": list(plan.decision.without) if plan is not None else [],
            "reason": reason,
            "quick": quick,
            "own_ms": round(1000 * seconds, 1),
            "tasks": len(asyncio.all_tasks()),
        },
    )
