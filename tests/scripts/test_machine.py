"""Whoever cannot have the locked packages is told so at once, and the documents promise no more machines than there are."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT

pytestmark = pytest.mark.unit

PART = CHECKOUT / "scripts/parts/machine.sh"
WHEEL = re.compile(r"-(?P<python>[^-]+)-[^-]+-(?P<platforms>[^-]+)\.whl$")
MAC = re.compile(r"macosx_(\d+)_\d+_(\w+)")


def pretending(folder: Path, **answers: str) -> str:
    """PATH with programs before it that answer so, whatever they are asked."""
    for name, answer in answers.items():
        (folder / name).write_text(f"#!/bin/sh\n{answer}\n")
        (folder / name).chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def said(folder: Path, system: str, machine: str, version: str) -> subprocess.CompletedProcess[str]:
    path = pretending(
        folder,
        uname=f'case "$1" in -s) echo {system} ;; -m) echo {machine} ;; esac',
        sw_vers=f"echo {version}",
    )
    progress = PART.with_name("progress.sh")
    return subprocess.run(
        ["bash", "-euc", f'. "{progress}"; . "{PART}"; fitting_machine'],
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


@pytest.mark.parametrize(
    ("system", "machine", "version", "complaint"),
    [
        ("Linux", "x86_64", "", ""),
        ("Darwin", "arm64", "15.0", ""),
        ("Darwin", "arm64", "26.1", ""),
        ("Darwin", "arm64", "14.7.2", "macOS 14.7.2"),
        ("Darwin", "x86_64", "15.5", "Apple silicon"),
    ],
)
def test_a_machine_without_packages_is_told_why_before_anything_is_done(
    tmp_path: Path, system: str, machine: str, version: str, complaint: str
) -> None:
    done = said(tmp_path, system, machine, version)
    assert done.returncode == (1 if complaint else 0)
    assert complaint in done.stderr
    assert done.stdout == ""


def test_setup_asks_before_it_installs() -> None:
    steps = (CHECKOUT / "scripts/setup").read_text().splitlines()
    assert steps.index("fitting_machine") < steps.index("sync_packages")


def oldest_macs(machine: str) -> Iterator[tuple[str, int | None]]:
    """(package, oldest macOS) of each locked package that is compiled for Macs; None where none is for this machine."""
    for package in tomllib.loads((CHECKOUT / "uv.lock").read_text())["package"]:
        found = [WHEEL.search(wheel["url"]) for wheel in package.get("wheels", ())]
        platforms = [each["platforms"] for each in found if each and each["python"][:3] in ("cp3", "py3")]
        if "any" in platforms or not any("macosx" in each for each in platforms):
            continue
        fit = [
            int(version)
            for each in platforms
            for version, kind in MAC.findall(each)
            if kind in (machine, "universal2")
        ]
        yield package["name"], min(fit, default=None)


def test_the_documents_promise_the_macs_that_the_locked_packages_are_made_for() -> None:
    oldest = max(version or 0 for _, version in oldest_macs("arm64"))
    assert f"oldest_macos={oldest} " in PART.read_text()
    for page in ("README.md", "CONTRIBUTING.md"):
        assert f"a Mac with Apple silicon and macOS {oldest} or newer" in (CHECKOUT / page).read_text()
    assert None not in dict(oldest_macs("arm64")).values()
    assert None in dict(oldest_macs("x86_64")).values()
