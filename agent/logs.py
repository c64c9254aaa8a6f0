"""Log lines of the agent: JSON, without anybody's words.

Livekit puts what was said into log extras whose names start with `lk.pii.`, and exceptions quote what they failed
on. So only extras of a known list are written, and of an exception only its type and where it was raised.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Final

from typing_extensions import override

FIELDS: Final = (
    "call_id", "channel", "tier", "stack", "reason", "turn", "by", "tool", "outcome", "ms", "count", "fault", "blame",
    "source", "recoverable", "error", "task", "interrupted", "admission", "worker_id", "job_id", "room", "agent_name",
    "version", "port", "used", "slots", "pid", "memory_usage_mb", "timeout", "why", "seconds", "microdollars", "server",
    "policy_version", "vendor", "part", "model", "given", "from", "exit_code",
)  # fmt: skip

_WORDLESS: Final = ("agent.", "routing.", "people.", "mcp_tasks.", "tiers.")
"""Loggers whose messages are names of events. Of any other the message is written before it is filled in."""


class JsonLines(logging.Formatter):
    """`ts, level, event` and the known extras of a record, one JSON object a line."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage() if record.name.startswith(_WORDLESS) else str(record.msg)[:200],
            "logger": record.name,
        }
        line.update({field: value for field in FIELDS if (value := record.__dict__.get(field)) is not None})
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            frames = traceback.extract_tb(error.__traceback__)[-5:]
            line["error"] = type(error).__name__
            line["at"] = [
                f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames
            ]
        return json.dumps(line, default=str)


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
