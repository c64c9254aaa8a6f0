"""A spoken call in a process of its own, which traces as a worker's does: `python -m tests.agent.traced_call PORT PLAN SAID`.

Where traces go to is set once for a whole process, so that a test's own process cannot take it back.
"""

from __future__ import annotations

import asyncio
import sys
from uuid import uuid4

from agent.tracing import begin
from tests.agent.live_call import live_call

PATIENCE = 6.0
"""So many times as long as a call waits for its vendors: two at once on a busy machine are not to change their stack."""


async def speak(port: int, plan: str, said: str) -> None:
    """Make the call, say one thing, hear the answer to its end and hang up; prints what served and the user's tasks."""
    async with live_call(port, f"ann-{uuid4().hex}", plan=plan, patience=PATIENCE) as live:
        await live.turn(said)
        print(live.stack, *await live.titles())


if __name__ == "__main__":
    begin()
    asyncio.run(speak(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
