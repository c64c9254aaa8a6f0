"""`bench screen`: the product's own sight, faster than real time, on a sandbox of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import BENCH_SECONDS, CHECKOUT, clean_environment

pytestmark = [pytest.mark.system, pytest.mark.timeout(BENCH_SECONDS + 60)]


def test_a_minute_of_sharing_holds_in_every_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "bench", "screen", "--minutes", "1", "--json"],
        cwd=CHECKOUT,
        env=clean_environment(tmp_path, GOOGLE_API_KEY="a key that must not be used"),
        capture_output=True,
        text=True,
        timeout=BENCH_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    report = json.loads(done.stdout)
    assert report["name"] == "screen"
    assert len(report["lines"]) == 6
    assert all(line["holds"] for line in report["lines"])
    assert report["details"][0]["sandbox"] is True
