"""Log lines as JSON, without anybody's words: fields that are known, messages only from where they hold none."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime

FIELDS = ("tool", "outcome", "ms", "host", "port", "database", "revision")
"""The only extra fields that are written."""
_PLAIN_LOGGERS = ("mcp_tasks", "uvicorn.error")
"""Their messages hold no request data; any other logger's message is left out."""


class JsonLines(logging.Formatter):
    """One JSON object a line: ts, level, event, and the known fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Write an exception as its type and place, never as its text."""
        line: dict[str, object] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
        }
        if record.name.startswith(_PLAIN_LOGGERS):
            line["event"] = record.getMessage().splitlines()[0][:300] if record.msg else record.name
        else:
            line["event"] = "library"
            line["logger"] = record.name
            line["at"] = f"{record.module}:{record.lineno}"
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__qualname__
            frames = traceback.extract_tb(record.exc_info[2])[-3:]
            line["where"] = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames]
        return json.dumps(line)


def log_as_json() -> None:
    """Send every logger's lines to stderr as JSON; the SDK leaves a root logger that has a handler alone."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("mcp_tasks").setLevel(logging.INFO)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
