"""Ending a process that a bench has started."""

from __future__ import annotations

import asyncio


async def end(process: asyncio.subprocess.Process, *, within: float) -> None:
    """Ask it to end, and kill it when it has not done so within so many seconds."""
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), within)
        except TimeoutError:
            process.kill()
            await process.wait()
