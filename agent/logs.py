"""Log lines of the agent: the product's, and each names the call that its process serves."""

from __future__ import annotations

import logging
import sys

from people import log_lines

_of_the_call: dict[str, str] = {}


def tell_of_call(call_id: str) -> None:
    """Have every line of this process name a call, its libraries' lines too: a job process serves one call."""
    _of_the_call["call_id"] = call_id


def tell_of_stack(stack: str | None) -> None:
    """The same with what serves the call from now on; None where nothing does."""
    if stack is None:
        _of_the_call.pop("stack", None)
    else:
        _of_the_call["stack"] = stack


class JsonLines(log_lines.JsonLines):
    """The product's lines with the call and what serves it in each."""

    def __init__(self) -> None:
        super().__init__(_of_the_call)


def configure(level: str) -> None:
    """Send everything to stderr as JSON lines. Chatty libraries speak from warnings up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in (
        "httpx",
        "httpx2",
        "httpcore",
        "mcp",
        "openai",
        "asyncio",
        "urllib3",
        "aiosqlite",
        "alembic",
    ):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("livekit.agents").setLevel(level)
