"""`bench dialogues`: every dialogue, by the product's own calls on vendors' protocols, a sandbox and a task server."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import BENCH_SECONDS, CHECKOUT, clean_environment

pytestmark = [pytest.mark.system, pytest.mark.timeout(BENCH_SECONDS + 60)]


def bench(folder: Path, *options: str) -> tuple[int, dict[str, Any], str]:
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "bench", "dialogues", "--json", *options],
        cwd=CHECKOUT,
        env=clean_environment(folder, OPENAI_API_KEY="a key that must not be used"),
        capture_output=True,
        text=True,
        timeout=BENCH_SECONDS,
        check=False,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout), done.stderr


def test_of_all_dialogues_at_least_95_percent_end_right_and_none_with_a_wrong_deletion_or_completion(
    tmp_path: Path,
) -> None:
    status, report, told = bench(tmp_path)
    lines = {line["line"]: line for line in report["lines"]}
    assert lines["with a wrong deletion or completion"]["measured"] == 0, told
    assert lines["dialogues"]["measured"] >= 60
    assert lines["right in the end"]["measured"] >= 95, told
    assert status == 0


def test_a_speech_to_speech_model_moves_a_correction_too(tmp_path: Path) -> None:
    _, report, told = bench(tmp_path, "--tier", "premium", "--only", "budget proposal")
    lines = {line["line"]: line["measured"] for line in report["lines"]}
    assert lines["right in the end"] == 100, told
    assert report["details"][0]["by_kind"] == {"correction": {"right": 1, "of": 1}}
