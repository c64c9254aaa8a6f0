"""The command line of MCP Inspector, a client that others made, lists and calls every tool."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.system

INSPECTOR = "@modelcontextprotocol/inspector@1.0.3"
"""The last whose command line runs on Node 20 as well as on newer ones."""
GET_IT_SECONDS = 240
CALL_SECONDS = 90


@pytest.fixture(scope="module")
def inspector(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs it; without npx, or where it cannot be downloaded, the tests are skipped."""
    npx = shutil.which("npx")
    if npx is None:
        pytest.skip("npx is not installed: Node.js brings it")
    folder = tmp_path_factory.mktemp("inspector")

    def run(*arguments: str, seconds: int = CALL_SECONDS) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [npx, "--yes", INSPECTOR, "--cli", *arguments],
            cwd=folder,
            env={**os.environ, "npm_config_update_notifier": "false"},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    try:
        got = run("--help", seconds=GET_IT_SECONDS)
    except subprocess.TimeoutExpired:
        pytest.skip("MCP Inspector could not be fetched in time")
    if got.returncode != 0:
        pytest.skip(f"MCP Inspector cannot be had here: {got.stderr.strip().splitlines()[-1:]}")
    return run


def test_every_tool_is_listed_and_called(
    inspector: Callable[..., subprocess.CompletedProcess[str]],
    server: Any,
    token: Callable[..., str],
    tmp_path: Path,
) -> None:
    access = (server.url, "--transport", "http", "--header", f"Authorization: Bearer {token('inspector')}")

    def ask(*arguments: str) -> dict[str, Any]:
        done = inspector(*access, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        answer: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") :])
        return answer

    def call(tool: str, **arguments: Any) -> dict[str, Any]:
        called.add(tool)
        told = [part for name, value in arguments.items() for part in ("--tool-arg", f"{name}={value}")]
        answer = ask("--method", "tools/call", "--tool-name", tool, *told)
        assert answer.get("isError") is not True, answer
        structured: dict[str, Any] = answer["structuredContent"]
        return structured

    called: set[str] = set()
    tools = {tool["name"] for tool in ask("--method", "tools/list")["tools"]}
    made = call("create_task", title="Buy milk", due_words="tomorrow at 5", priority="high", tags='["shop"]')[
        "task"
    ]
    assert (made["priority"], made["tags"]) == ("high", ["shop"])
    assert call("list_tasks", query="by milk")["meant"] == made["id"]
    assert call("update_task", task_id=made["id"], title="Buy oat milk")["task"]["version"] == 2
    assert call("complete_task", task_id=made["id"])["task"]["status"] == "done"
    assert call("delete_task", task_id=made["id"])["changed"] is True
    assert call("undo")["undone"] == "delete"
    assert called == tools
