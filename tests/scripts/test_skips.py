"""Of skipped tests the reasons are counted, and where tests take turns no other reason passes."""

from __future__ import annotations

import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import why_skipped

pytestmark = pytest.mark.unit

CHECKOUT = Path(__file__).resolve().parents[2]
PART = CHECKOUT / "scripts" / "parts" / "skips.py"
TURNS = ["held in turn 2 of 4", "held in turn 3 of 4", "there was no time left for it", "held in turn 2 of 4"]


def told(reasons: list[str], *, in_turn: bool) -> tuple[list[str], int]:
    part = runpy.run_path(str(PART))
    said: tuple[list[str], int] = part["told"](part["by_reason"](reasons), in_turn=in_turn)
    return said


def report(outcome: str, longrepr: Any) -> pytest.TestReport:
    return pytest.TestReport(
        "tests/test_it.py::test_it", ("tests/test_it.py", 1, "test_it"), {}, outcome, longrepr, "setup"
    )


def test_skips_are_counted_by_reason_and_all_other_turns_are_one() -> None:
    lines, _ = told([*TURNS, "npx is not installed"], in_turn=False)
    assert lines == [
        "skipped: 3 × held in another turn",
        "skipped: 1 × there was no time left for it",
        "skipped: 1 × npx is not installed",
    ]


def test_where_tests_take_turns_another_reason_fails_and_is_named() -> None:
    assert told(TURNS, in_turn=True)[1] == 0
    assert told([*TURNS, "MCP Inspector could not be fetched in time"], in_turn=True)[1] == 0
    lines, code = told([*TURNS, "npx is not installed"], in_turn=True)
    assert code == 1
    assert "nobody meant" in lines[-1]
    assert "npx is not installed" in lines[-1]
    assert told(["npx is not installed"], in_turn=False)[1] == 0


def test_a_skip_is_told_by_its_reason_in_one_line_and_nothing_else_is_one() -> None:
    skip = ("tests/test_it.py", 7, "Skipped: no Postgres:\nneither here nor there")
    assert why_skipped(report("skipped", skip)) == "no Postgres: neither here nor there"
    assert why_skipped(report("passed", None)) == ""
    expected = report("skipped", "it fails")
    expected.wasxfail = "reason"  # type: ignore[attr-defined]
    assert why_skipped(expected) == ""


@pytest.mark.parametrize(("in_turn", "code"), [((), 0), (("--in-turn",), 1)])
def test_skips_are_told_before_the_closing_line_and_where_tests_take_turns_they_fail(
    tmp_path: Path, in_turn: tuple[str, ...], code: int
) -> None:
    shutil.copytree(CHECKOUT / "scripts", tmp_path / "scripts")
    programs = tmp_path / ".venv/bin"
    programs.mkdir(parents=True)
    # Everything is well, but in each of two runs one test finds no program.
    skips = 'echo "kubectl is not installed" >>"$VOICETASKS_TEST_SKIPPED"; echo "= 1 skipped in 0.10s ="'
    python = (
        f'case "$*" in "-m pytest"*) {skips} ;; *pace*) echo 2 5 ;; *) exec "{sys.executable}" "$@" ;; esac'
    )
    scripts = {programs / "python": python, tmp_path / "scripts/setup": "exit 0"}
    scripts |= {programs / name: "exit 0" for name in ("ruff", "mypy", "lint-imports")}
    for path, text in scripts.items():
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    done = subprocess.run(
        [tmp_path / "scripts/test", *in_turn, "unit"], capture_output=True, text=True, timeout=60, check=False
    )
    lines = done.stdout.rstrip().splitlines()
    assert "skipped: 2 × kubectl is not installed" in lines
    assert lines[-1].strip("= ") == "2 skipped in 0.20s"
    assert done.returncode == code, done.stderr
