"""Writing down how a call about a task went."""

from __future__ import annotations

import logging
from datetime import datetime

from agent.outbound_rules import Outcome, again_after
from people.reminder_calls import ReminderCalls

log = logging.getLogger("agent.reminder_settling")


async def settle(
    calls: ReminderCalls, call_id: str, outcome: Outcome, *, attempts: int, now: datetime
) -> None:
    """Write down how a call went: it is over, or tried again later. Nothing where that is written already."""
    if (wait := again_after(outcome, attempts)) is not None:
        written = await calls.again(call_id, outcome.value, now + wait)
    else:
        written = await calls.settle(call_id, outcome.value)
    if written:
        log.info("reminder.went", extra={"outcome": outcome.value, "count": attempts})
