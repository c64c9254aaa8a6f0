"""scripts/audit says what it could not ask, and never takes silence for good news; scripts/sbom lists what is locked."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT

pytestmark = pytest.mark.unit

FOUND = "Found 1 known vulnerability in 1 package"
NOTHING = "No known vulnerabilities found"


def audit(
    folder: Path, *, known: str, ours: str, code: int, page: str, page_code: int, **more: str
) -> tuple[int, str]:
    """Run it with programs that answer so: to what is known, to what is ours, to the page's."""
    programs = folder / "bin"
    programs.mkdir()
    answers = {
        "uv": "exit 0",
        "python": f'case "$*" in *--no-deps*) echo "{known}" ;; *) echo "{ours}"; exit {code} ;; esac',
        "npm": f'echo "{page}"; exit {page_code}',
    }
    for name, body in answers.items():
        path = programs / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
    environment = os.environ | {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "VOICETASKS_AUDIT_PYTHON": str(programs / "python"),
    }
    done = subprocess.run(
        [CHECKOUT / "scripts/audit"],
        env=environment | more,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode, done.stderr


def test_it_is_good_when_both_were_asked_and_nothing_is_known(tmp_path: Path) -> None:
    code, said = audit(
        tmp_path, known=FOUND, ours=NOTHING, code=0, page="found 0 vulnerabilities", page_code=0
    )
    assert (code, "COULD NOT ASK" in said) == (0, False), said


@pytest.mark.parametrize(
    ("ours", "page"),
    [((FOUND, 1), ("found 0 vulnerabilities", 0)), ((NOTHING, 0), ("2 high severity vulnerabilities", 1))],
)
def test_what_is_found_is_a_failure_also_where_silence_is_none(
    tmp_path: Path, ours: tuple[str, int], page: tuple[str, int]
) -> None:
    answers = {"ours": ours[0], "code": ours[1], "page": page[0], "page_code": page[1]}
    code, said = audit(tmp_path, known=FOUND, **answers, VOICETASKS_AUDIT_OFFLINE="yes")  # type: ignore[arg-type]
    assert code == 1
    assert "VULNERABLE" in said


@pytest.mark.parametrize(
    ("known", "page", "page_code"),
    [
        (NOTHING, "found 0 vulnerabilities", 0),  # it knows nothing of what everybody knows
        (FOUND, "audit endpoint returned an error", 1),
        (FOUND, "", 0),
    ],
)
def test_a_service_that_does_not_answer_is_told_aloud_and_fails(
    tmp_path: Path, known: str, page: str, page_code: int
) -> None:
    answers = {"known": known, "ours": NOTHING, "code": 0, "page": page, "page_code": page_code}
    code, said = audit(tmp_path, **answers)  # type: ignore[arg-type]
    assert code == 3
    assert "COULD NOT ASK" in said


def test_what_is_allowed_has_a_reason() -> None:
    for line in (CHECKOUT / "scripts/audit-allowed").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            assert len(line.split()) > 4, line


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_the_bill_of_materials_holds_what_the_lock_holds(tmp_path: Path) -> None:
    done = subprocess.run(
        [CHECKOUT / "scripts/sbom", tmp_path], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    python, page = (json.loads((tmp_path / f"{name}.cdx.json").read_text()) for name in ("python", "page"))
    assert {python["bomFormat"], page["bomFormat"]} == {"CycloneDX"}
    versions = {part["name"]: part.get("version") for part in python["components"]}
    locked = tomllib.loads((CHECKOUT / "uv.lock").read_text(encoding="utf-8"))["package"]
    for name in ("livekit-agents", "redis", "sqlalchemy", "cryptography"):
        assert versions[name] == next(one["version"] for one in locked if one["name"] == name)
    assert "pytest" not in versions
    assert any(part["name"] == "livekit-client" for part in page["components"])


def test_what_never_may_be_installed_comes_in_with_no_package_either() -> None:
    """adr/0008: its releases have stolen credentials."""
    locked = tomllib.loads((CHECKOUT / "uv.lock").read_text(encoding="utf-8"))["package"]
    assert len(locked) > 100
    assert not [one["name"] for one in locked if one["name"].startswith("litellm")]
