import json
import logging
import sys

import pytest

from mcp_tasks.log import JsonLines

pytestmark = pytest.mark.unit

MARKER = "buy a zeppelin"


def line(name: str, message: str, *, fail: bool = False, **extra: object) -> dict[str, object]:
    exc_info = None
    if fail:
        try:
            raise ValueError(MARKER)
        except ValueError:
            exc_info = sys.exc_info()
    record = logging.LogRecord(name, logging.WARNING, __file__, 1, message, (), exc_info)
    record.__dict__.update(extra)
    text = JsonLines().format(record)
    assert MARKER not in text
    parsed: dict[str, object] = json.loads(text)
    return parsed


def test_a_line_has_time_level_event_and_known_fields() -> None:
    written = line("mcp_tasks.server", "tool", tool="undo", outcome="ok", ms=1.5, title=MARKER)
    assert written.pop("ts")
    assert written == {"level": "warning", "event": "tool", "tool": "undo", "outcome": "ok", "ms": 1.5}


def test_a_librarys_message_is_left_out_but_its_place_is_told() -> None:
    written = line("mcp.server.runner", f"handler failed: {MARKER}")
    assert written["event"] == "library"
    assert written["logger"] == "mcp.server.runner"


def test_an_exception_is_told_by_type_and_place_alone() -> None:
    written = line("mcp_tasks.server", "tool_failed", fail=True)
    assert written["error"] == "ValueError"
    assert written["where"]
