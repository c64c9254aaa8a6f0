"""Log lines of a process: JSON, without anybody's words.

Livekit puts what was said into log extras whose names start with `lk.pii.`, and exceptions quote what they failed
on. So only extras of a known list are written, and of an exception only its type and where it was raised.
"""

from __future__ import annotations

import json
import linecache
import logging
import re
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from typing_extensions import override

FIELDS: Final = (
    "call_id", "channel", "tier", "stack", "reason", "turn", "by", "tool", "outcome", "ms", "count", "fault", "blame",
    "source", "recoverable", "error", "task", "interrupted", "admission", "worker_id", "job_id", "room", "agent_name",
    "version", "port", "used", "slots", "pid", "memory_usage_mb", "timeout", "why", "seconds", "microdollars", "server",
    "policy_version", "vendor", "service", "cause", "without", "part", "model", "given", "from", "exit_code",
    "status", "code", "what", "again", "quick", "own_ms", "tasks", "state", "marks", "route", "method",
)  # fmt: skip

_WORDLESS: Final = ("agent.", "web.", "routing.", "privacy.", "people.", "sip.", "mcp_tasks.", "tiers.")
"""Loggers whose messages are names of events. Of any other the message is written before it is filled in."""


_NAMES: Final = frozenset(["job_id", "room", "agent_name", "version", "worker_id", "pid"])
"""Extras that a library may name by text."""
_NUMBER: Final = re.compile(r"_.*_")
"""What the telephone bridge names its rooms by stands between their prefix and their id."""
_LONGEST_EVENT: Final = 200
_SHORTEST_WORDS: Final = 8
_CALL_LINES: Final = 8
"""Lines of source that one call of a logger may take."""


class JsonLines(logging.Formatter):
    """`ts, level, event`, the call and the known extras of a record, one JSON object a line.

    What a library tells may quote a vendor's answer or a task: of its message only what stands in its source is
    written, of its extras only numbers and names of ours.

    `always`: what each line says besides; it is read anew for each.
    """

    def __init__(self, always: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._always = {} if always is None else always

    @override
    def format(self, record: logging.LogRecord) -> str:
        ours = record.name.startswith(_WORDLESS)
        line: dict[str, object] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage() if ours else _as_in_source(record),
            "logger": record.name,
            **self._always,
        }
        for field in FIELDS:
            value = record.__dict__.get(field)
            if value is None:
                continue
            if field == "room":
                value = _NUMBER.sub("_…_", str(value))
            if ours or isinstance(value, bool | int | float) or field in _NAMES:
                line[field] = value
            elif isinstance(value, BaseException):
                line[field] = type(value).__name__
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            frames = traceback.extract_tb(error.__traceback__)[-5:]
            line["error"] = type(error).__name__
            line["at"] = [
                f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames
            ]
        return json.dumps(line, default=str)


def _as_in_source(record: logging.LogRecord) -> str:
    """As much of a library's message as its source has word for word; the place where nothing is."""
    place = f"{record.module}:{record.lineno}"
    first = max(record.lineno - 1, 0)
    source = "".join(linecache.getlines(record.pathname)[first : first + _CALL_LINES])
    message = str(record.msg)[:_LONGEST_EVENT]
    length = next((n for n in range(len(message), 0, -1) if message[:n] in source), 0)
    if length == len(message):
        return message
    return f"{message[:length].rstrip()} … ({place})" if length >= _SHORTEST_WORDS else place
