"""What livekit runs in a job process, by names that can be had without what a call needs.

The worker itself takes no call. With these it does not import one either, which saves it half of its start.
"""

from __future__ import annotations

import gc

from livekit.agents import JobContext, JobProcess

from agent.logs import configure
from agent.settings import AgentSettings
from agent.tracing import begin


def prepare(_process: JobProcess) -> None:
    """Set up a job process before its first call: what is read once must hold up neither a greeting nor a swap."""
    import agent.read_once  # noqa: F401 - and what it reads, where nothing was imported beforehand

    gc.enable()  # see agent/quick_imports.py
    configure(AgentSettings().log_level)
    begin()


async def answer(ctx: JobContext) -> None:
    """Take a dispatched call."""
    from agent.job import answer as take

    await take(ctx)
