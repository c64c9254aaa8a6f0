"""How many test processes there are is measured on the machine that runs them."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

PACE = Path(__file__).resolve().parents[2] / "scripts" / "parts" / "pace.py"


def test_a_slow_machine_gets_one_process_less() -> None:
    pace = runpy.run_path(str(PACE))
    slow = pace["SLOW_SECONDS"]
    assert [pace["processes_for"](took) for took in (0.5 * slow, 1.2 * slow)] == [3, 2]
    assert [pace["turns_for"](took) for took in (0.5 * slow, 1.2 * slow)] == [4, 8]


def test_the_machine_is_measured_and_the_number_explained() -> None:
    done = subprocess.run(
        [sys.executable, str(PACE)], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() in ("2 8", "3 4")
    assert f"{done.stdout.split()[0]} test processes" in done.stderr
