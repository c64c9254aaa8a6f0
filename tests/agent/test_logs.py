"""Log lines carry names and numbers, never words."""

import ast
import asyncio
import json
import logging
from pathlib import Path

import pytest

from agent import logs
from agent.logs import JsonLines, tell_of_call, tell_of_stack
from people.log_lines import FIELDS

pytestmark = pytest.mark.unit

MARKER = "zanzibar pineapple"


def line(name: str, message: str, *args: object, error: BaseException | None = None, **extra: object) -> str:
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.getLogger(name).makeRecord(
        name, logging.WARNING, "f.py", 1, message, args, info, extra=extra
    )
    return JsonLines().format(record)


def test_a_line_has_a_time_a_level_an_event_and_known_fields() -> None:
    parsed = json.loads(line("agent.call", "tool.ran", tool="create_task", ms=12))
    assert parsed["event"] == "tool.ran"
    assert parsed["level"] == "warning"
    assert (parsed["tool"], parsed["ms"]) == ("create_task", 12)
    assert parsed["ts"]


def test_every_line_of_a_process_names_its_call_and_what_serves_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_of_the_call", {})
    assert "call_id" not in json.loads(line("agent.call", "tool.ran"))
    tell_of_call("c1")
    tell_of_stack("premium")
    for name in ("agent.call", "livekit.agents"):
        assert json.loads(line(name, "tool.ran")).items() >= {"call_id": "c1", "stack": "premium"}.items()
    assert json.loads(line("agent.call", "call.swapped", call_id="c2", stack="economy"))["stack"] == "economy"
    tell_of_stack(None)
    assert "stack" not in json.loads(line("agent.call", "tool.ran"))


def test_extras_that_nobody_vouched_for_are_left_out() -> None:
    assert MARKER not in line(
        "livekit.agents", "skipping reply", **{"lk.pii.user_input": MARKER, "text": MARKER}
    )


def test_a_foreign_message_is_written_before_it_is_filled_in() -> None:
    assert MARKER not in line("livekit.agents", "heard %s", MARKER)


def test_a_foreign_message_that_was_filled_in_already_is_written_as_far_as_its_source_has_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    library = logging.getLogger("livekit.agents")
    heard = MARKER
    library.warning(f"failed to generate an answer: {heard}", extra={"error": MARKER, "reason": MARKER})
    library.warning(f"{heard} was not understood")
    library.warning("registered worker", extra={"agent_name": "voicetasks"})
    written = [JsonLines().format(record) for record in caplog.records]
    assert MARKER not in "".join(written)
    assert [json.loads(each)["event"].split(" (")[0] for each in written] == [
        "failed to generate an answer: …",
        json.loads(written[1])["event"],
        "registered worker",
    ]
    assert json.loads(written[1])["event"].startswith("test_logs:")
    assert json.loads(written[2])["agent_name"] == "voicetasks"


async def test_a_task_that_nobody_waited_for_is_told_without_what_it_failed_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fails() -> None:
        raise ValueError(MARKER)

    task = asyncio.create_task(fails())
    await asyncio.wait({task})
    error = task.exception()
    asyncio.get_running_loop().default_exception_handler(
        {"message": "Task exception was never retrieved", "exception": error, "task": task}
    )
    written = [JsonLines().format(record) for record in caplog.records]
    assert written
    assert MARKER not in "".join(written)


def test_an_exception_is_told_by_type_and_place_not_by_what_it_quotes() -> None:
    try:
        raise ValueError(MARKER)
    except ValueError as error:
        written = line("agent.call", "call.background_failed", error=error)
    assert MARKER not in written
    assert json.loads(written)["error"] == "ValueError"
    assert "test_logs.py" in json.loads(written)["at"][0]


def test_whatever_our_own_code_tells_of_an_event_is_written() -> None:
    told: dict[str, str] = {}
    for room in ("agent", "web", "routing", "privacy", "people", "sip", "tiers"):
        for file in Path(room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.keyword) and node.arg == "extra" and isinstance(node.value, ast.Dict):
                    keys = [key.value for key in node.value.keys if isinstance(key, ast.Constant)]
                    told |= {str(key): str(file) for key in keys}
    assert len(told) > 20
    assert {key: file for key, file in told.items() if key not in FIELDS} == {}
