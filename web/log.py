"""Logs of the web server: what happened and to which call, never an address, a token or a word that somebody said."""

import logging
import sys

from people.log_lines import JsonLines


def log_to_stderr(level: int = logging.INFO) -> None:
    """Send every logger of the process to stderr as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in ("httpx", "httpx2", "mcp", "aiosqlite", "alembic"):  # they log URLs and statements
        logging.getLogger(name).setLevel(logging.WARNING)
