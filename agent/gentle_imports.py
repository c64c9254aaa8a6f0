"""What a worker and its job processes are made of, imported by a thread that gives way to whoever talks on this machine.

A worker that starts imports for 7 s of a processor. Where one has died and its calls begin anew with another on the same
machine, that is taken from callers who wait to be heard again. A thread may be nice by itself on Linux, and nothing is
later for it where nobody else wants the processor.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Final

NICENESS: Final = 10
"""A ninth of what anybody else has who wants the processor in the same moment (sched(7)). With 15, a 28th, a worker that
began beside eight calls was there after 43 s (measured)."""

OF_A_WORKER: Final = ("livekit.agents", "sqlalchemy.ext.asyncio", "mcp.client")
"""None of the vendors' plugins, which are taken from the main thread alone."""

OF_A_CALL: Final = (
    *OF_A_WORKER,
    "openai.resources.chat.completions",
    "openai.resources.models",
    "openai.types.realtime",
    "google.genai",
    "bpe_openai",
    "genai_prices.data",
    "jsonschema",
)


def import_gently(names: Iterable[str]) -> None:
    """Import modules without taking the processor from others. What one of them raises is raised."""
    with ThreadPoolExecutor(1, "gentle-imports", initializer=_give_way) as thread:
        for name in names:
            thread.submit(import_module, name).result()


def _give_way() -> None:
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
    except OSError:  # a system on which a thread has no priority of its own
        return
