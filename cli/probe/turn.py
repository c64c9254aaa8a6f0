"""One call at a time to an account of the probe's: two at once would see each other's tasks, and delete them."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final, TextIO

from routing.kinds import Tier

LOOK_SECONDS: Final = 0.2


@contextlib.asynccontextmanager
async def turn(folder: Path, tier: Tier, tell: Callable[[str], None]) -> AsyncIterator[None]:
    """Wait until no other probe with this data folder calls as the tier's account, and have the others wait meanwhile.

    `tell` is told of a wait. It ends by itself: a call has its longest time, and who dies holds nothing any more.
    """
    with contextlib.ExitStack() as stack:
        # A folder that cannot be written keeps nobody from calling: that callers are answered is what is asked.
        with contextlib.suppress(OSError):
            lock = stack.enter_context(_lock(folder, tier))
            told = False
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if not told:
                        tell(f"another probe calls the {tier} tier: waiting for the end of its call")
                        told = True
                    await asyncio.sleep(LOOK_SECONDS)
        yield


def _lock(folder: Path, tier: Tier) -> TextIO:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return (folder / f"probe-{tier}.lock").open("a")
