"""Several runs of pytest are closed by one line, as one run is."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

PART = Path(__file__).resolve().parents[2] / "scripts" / "parts" / "closing_line.py"
CALLS = "...F.\n==== 1 failed, 290 passed, 3 skipped, 6040 deselected, 8 rerun in 1800.25s (0:30:00) ====\n"
REST = "....\n=============== 6040 passed, 294 deselected in 310.75s (0:05:10) ===============\n"


@pytest.fixture
def closing_line() -> Callable[[list[str]], str]:
    said: Callable[[list[str]], str] = runpy.run_path(str(PART))["closing_line"]
    return said


def test_what_was_counted_is_added_up(closing_line: Callable[[list[str]], str]) -> None:
    said = closing_line([CALLS, REST])
    assert said.strip("= ") == "1 failed, 6330 passed, 3 skipped, 8 rerun in 2111.00s (0:35:11)"
    assert said.startswith("=")
    assert said.endswith("=")


def test_a_run_that_broke_off_is_an_error(closing_line: Callable[[list[str]], str]) -> None:
    assert closing_line([REST, "....\nKilled\n"]).strip("= ") == "6040 passed, 1 error in 310.75s (0:05:10)"


def test_what_failed_and_was_tried_again_by_itself_counts_as_it_ended(
    closing_line: Callable[..., str],
) -> None:
    again = "F.\n=========== 1 failed, 1 passed in 60.00s (0:01:00) ===========\n"
    two = CALLS.replace("1 failed", "2 failed")
    said = closing_line([two, REST], again).strip("= ")
    assert said == "1 failed, 6331 passed, 3 skipped, 10 rerun in 2171.00s (0:36:11)"
    all_right = "..\n=========== 2 passed in 60.00s (0:01:00) ===========\n"
    assert "failed" not in closing_line([two, REST], all_right)
    assert "1 error" in closing_line([two, REST], "Killed\n")


def test_without_tests_that_is_said(closing_line: Callable[[list[str]], str]) -> None:
    assert closing_line(["= no tests ran in 0.52s ="]).strip("= ") == "no tests ran in 0.52s"
