"""A short run of `bench swap`: a real call over WebRTC at a demo of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import BENCH_SECONDS, CHECKOUT, clean_environment

pytestmark = [pytest.mark.system, pytest.mark.timeout(BENCH_SECONDS + 60)]


def bench(tmp_path: Path, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "bench", *arguments, "--json"],
        cwd=CHECKOUT,
        env=clean_environment(tmp_path, OPENAI_API_KEY="a key that must not be used"),
        capture_output=True,
        text=True,
        timeout=BENCH_SECONDS,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    assert done.stdout, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_a_call_that_is_moved_up_and_down_leaves_nothing_behind(tmp_path: Path) -> None:
    report = bench(tmp_path, "swap", "--swaps", "20")
    short = [line["line"] for line in report["lines"] if not line["holds"] and line["unit"] != "ms"]
    assert short == [], report["details"]
