"""A spoken turn in which the vendor dies, in a process that traces: `python -m tests.agent.traced_swap PORT DIES SAID`.

DIES: `before` it is said, or `tool`, while a tool runs.
"""

from __future__ import annotations

import asyncio
import sys
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

from livekit.agents import JobContext
from livekit.agents.telemetry import tracer

from agent.tracing import begin, follow
from mcp_tasks.client import ToolOutcome
from tests.agent.live_call import CALL_ID, LiveCall, live_call
from tests.agent.traced_call import PATIENCE


async def falls_to_economy(live: LiveCall) -> None:
    """Have the vendor die, and wait until another stack serves."""
    live.desk.faults.set("openai-realtime", "cut")
    await live.until(lambda: live.stack == "economy", 20, "economy serves")


def dies_in_a_tool(live: LiveCall) -> asyncio.Event:
    """Have the vendor die when a tool is asked for, which ends when another stack serves."""
    server = live.call._toolbox._tasks
    quick, asked = server.call, asyncio.Event()

    async def outlives_it(name: str, *arguments: Any, **named: Any) -> ToolOutcome:
        if not asked.is_set():
            asked.set()
            await falls_to_economy(live)
        return await quick(name, *arguments, **named)

    server.call = outlives_it  # type: ignore[method-assign]
    return asked


async def speak(port: int, dies: str, said: str) -> None:
    """Say one thing and hear its answer from whom it falls to; prints what serves then, and the user's tasks."""
    # A worker's job has this span above all that it does.
    with tracer.start_as_current_span("job_entrypoint"):
        follow(cast("JobContext", SimpleNamespace(add_shutdown_callback=lambda _: None)), CALL_ID)
        async with live_call(port, f"ann-{uuid4().hex}", patience=PATIENCE) as live:
            before = len(live.items)
            if dies == "tool":
                asked = dies_in_a_tool(live)
                await live.say(said)
                await asyncio.wait_for(asked.wait(), 20)
            else:
                await falls_to_economy(live)
                await live.say(said)
            await live.until(lambda: "added" in live.ours(before), 30, "the answer is given")
            await live.quiet()
            print(live.stack, *await live.titles())


if __name__ == "__main__":
    begin()
    asyncio.run(speak(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
