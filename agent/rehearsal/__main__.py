"""`python -m agent.rehearsal < PLANS`: rehearse calls; JSON lines on stdout, each with its call, logs on stderr."""

from __future__ import annotations

import asyncio
import json
import sys
from functools import partial
from typing import Any

from agent.rehearsal.fast_time import FastClock, FastLoop
from agent.rehearsal.plan import Plan, Plans


def main() -> int:
    """Exit status: 0 rehearsed to the end."""
    plans = Plans.model_validate_json(sys.stdin.read())
    clock = FastClock(plans.speed)
    clock.replace_time()
    # Only now: what is imported from here on lives by the fast clock.
    from agent.logs import configure
    from agent.rehearsal.rehearsal import Rehearsal

    async def rehearse() -> None:
        room = asyncio.Semaphore(plans.at_once)

        async def one(plan: Plan) -> None:
            async with room:
                await Rehearsal(plan, partial(_tell, plan.call_id)).run()

        async with asyncio.TaskGroup() as calls:
            for plan in plans.calls:
                calls.create_task(one(plan), name=f"rehearsal.{plan.call_id}")

    configure("WARNING")
    with asyncio.Runner(loop_factory=lambda: FastLoop(clock)) as runner:
        runner.run(rehearse())
    return 0


def _tell(call_id: str, event: dict[str, Any]) -> None:
    print(json.dumps(event | {"call": call_id}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
