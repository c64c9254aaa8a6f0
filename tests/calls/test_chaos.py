"""A few calls of `bench chaos`: vendors die in the middle of real calls, and every promise is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bench import Bench, bench
from tests.conftest import BENCH_SECONDS, processes_of

pytestmark = [pytest.mark.system, pytest.mark.timeout(BENCH_SECONDS + 60)]

CALLS = 2
ONLY = "premium cut confirmation-pending, economy openai-chat cut tool-running"


def chaos(folder: Path, state: Path) -> Bench:
    """Run it to its end."""
    return bench(folder, "chaos", "--calls", str(CALLS), "--only", ONLY, "--state", str(state))


@pytest.mark.dear
def test_calls_survive_vendors_that_die_and_a_run_that_was_done_is_not_done_again(tmp_path: Path) -> None:
    state = tmp_path / "state.jsonl"
    done = chaos(tmp_path, state)
    lines = done.report["lines"]
    assert (done.status, [line for line in lines if not line["holds"]]) == (0, []), done.told
    assert {line["n"] for line in lines} == {CALLS}
    calls = [json.loads(line) for line in state.read_text().splitlines()[1:]]
    assert sorted((call["stack"], call["point"]) for call in calls) == [
        ("economy", "tool-running"),
        ("premium", "confirmation-pending"),
    ]
    assert all(call["reached"] for call in calls), done.told
    assert not processes_of(tmp_path / "bench-chaos")

    before = state.read_text()
    again = chaos(tmp_path, state)
    assert again.status == 0
    assert state.read_text() == before
    assert again.report["lines"] == [line for line in lines if line["unit"] == "calls"]
