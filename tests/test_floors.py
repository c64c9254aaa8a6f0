from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

CHECKOUT = Path(__file__).resolve().parent.parent
ROOMS = ("agent", "web", "cli", "privacy", "routing", "sandbox", "tiers", "people", "sip", "mcp_tasks")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """import-linter over the rooms in this folder, by the contracts of this checkout."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for room in ROOMS:
        shutil.copytree(
            CHECKOUT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__", "static")
        )
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)
    return tmp_path


def test_imports_only_go_down_a_floor() -> None:
    done = lint(CHECKOUT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("room", "forbidden"),
    [
        ("mcp_tasks", "people"),
        ("people", "tiers"),
        ("routing", "web"),
        ("web", "agent.gate"),
        ("cli", "agent"),
        ("sandbox", "routing"),
        ("sandbox", "tiers.catalogue"),
        ("web", "tiers.cascade"),
        ("routing", "privacy"),
        ("privacy", "agent"),
    ],
)
def test_an_import_that_goes_up_or_sideways_is_found(copy: Path, room: str, forbidden: str) -> None:
    (copy / room / "climbs.py").write_text(f"import {forbidden}\n")
    done = lint(copy)
    assert done.returncode == 1
    assert f"{room}.climbs" in done.stdout


def test_an_import_by_way_of_another_room_is_found(copy: Path) -> None:
    (copy / "tiers" / "way.py").write_text("import tiers.cascade\n")
    (copy / "web" / "climbs.py").write_text("import tiers.way\n")
    done = lint(copy)
    assert done.returncode == 1
    assert "web.climbs" in done.stdout
