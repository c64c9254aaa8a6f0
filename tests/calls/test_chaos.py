"""A few calls of `bench chaos`: vendors die in the middle of real calls, and every promise is kept."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import BENCH_SECONDS, CHECKOUT, clean_environment, processes_of

pytestmark = [pytest.mark.system, pytest.mark.timeout(BENCH_SECONDS + 60)]

CALLS = 2
ONLY = "premium cut confirmation-pending, economy openai-chat cut tool-running"


def bench(folder: Path, state: Path) -> tuple[int, dict[str, Any], str]:
    """Run it to its end; exit code, JSON, and what people see."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "cli.main", "bench", "chaos", "--json"),
            *("--calls", str(CALLS), "--only", ONLY, "--state", str(state)),
        ],
        cwd=CHECKOUT,
        env=clean_environment(folder, OPENAI_API_KEY="a key that must not be used"),
        capture_output=True,
        text=True,
        timeout=BENCH_SECONDS,
        check=False,
    )
    assert done.stdout.strip(), done.stderr
    return done.returncode, json.loads(done.stdout), done.stderr


def test_calls_survive_vendors_that_die_and_a_run_that_was_done_is_not_done_again(tmp_path: Path) -> None:
    state = tmp_path / "state.jsonl"
    code, report, seen = bench(tmp_path, state)
    assert (code, [line for line in report["lines"] if not line["holds"]]) == (0, []), seen
    assert {line["n"] for line in report["lines"]} == {CALLS}
    calls = [json.loads(line) for line in state.read_text().splitlines()[1:]]
    assert sorted((call["stack"], call["point"]) for call in calls) == [
        ("economy", "tool-running"),
        ("premium", "confirmation-pending"),
    ]
    assert all(call["reached"] for call in calls), seen
    assert not processes_of(tmp_path / "bench-chaos")

    before = state.read_text()
    code, again, _ = bench(tmp_path, state)
    assert code == 0
    assert state.read_text() == before
    counted = [line for line in report["lines"] if line["unit"] == "calls"]
    assert again["lines"] == counted
