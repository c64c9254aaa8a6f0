"""`python -m agent.rehearsal < PLAN`: rehearse a call; JSON lines on stdout, logs on stderr."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from agent.rehearsal.fast_time import FastClock, FastLoop
from agent.rehearsal.plan import Plan


def main() -> int:
    """Exit status: 0 rehearsed to the end."""
    plan = Plan.model_validate_json(sys.stdin.read())
    clock = FastClock(plan.speed)
    clock.replace_time()
    # Only now: what is imported from here on lives by the fast clock.
    from agent.logs import configure
    from agent.rehearsal.rehearsal import Rehearsal

    configure("WARNING")
    with asyncio.Runner(loop_factory=lambda: FastLoop(clock)) as runner:
        runner.run(Rehearsal(plan, _tell).run())
    return 0


def _tell(event: dict[str, Any]) -> None:
    print(json.dumps(event), flush=True)


if __name__ == "__main__":
    sys.exit(main())
