"""Logs as JSON lines: what happened and to which call, never an address, a token or a word that somebody said."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime

_FIELDS = ("call_id", "route", "method", "status", "ms", "code", "outcome", "port", "what")


class JsonLines(logging.Formatter):
    """One record, one line. Of an exception: its type and where it was raised; its text may quote a caller."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        line: dict[str, object] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
        }
        line.update({name: getattr(record, name) for name in _FIELDS if hasattr(record, name)})
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["at"] = [
                f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(record.exc_info[2])[-8:]
            ]
        return json.dumps(line, ensure_ascii=False)


def log_to_stderr(level: int = logging.INFO) -> None:
    """Send every logger of the process to stderr as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in ("httpx", "httpx2", "mcp", "aiosqlite", "alembic"):  # they log URLs and statements
        logging.getLogger(name).setLevel(logging.WARNING)
