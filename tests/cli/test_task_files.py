"""`voicetasks tasks export` and `import`, with a data folder of their own and no server running."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT, clean_environment

pytestmark = pytest.mark.system

CALENDAR = "\r\n".join(
    [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//somebody//else//EN"),
        *("BEGIN:VTODO", "UID:one", "DTSTAMP:20261120T100000Z", "SUMMARY:Fetch the parcel", "END:VTODO"),
        *("BEGIN:VTODO", "UID:two", "DTSTAMP:20261120T100000Z", "SUMMARY:", "END:VTODO"),
        *("END:VCALENDAR", ""),
    ]
)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def tasks(data_dir: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "tasks", *arguments],
        cwd=CHECKOUT,
        env=clean_environment(data_dir, **environment),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_file_comes_in_once_and_goes_out_in_either_form(data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "reminders.ics"
    file.write_text(CALENDAR, encoding="utf-8", newline="")
    first = tasks(data_dir, "import", str(file), "--as", "economy@example.com")
    assert (first.returncode, first.stdout) == (1, "1 created, 0 updated, 0 unchanged, 1 refused\n"), (
        first.stderr
    )
    assert "task 2: A task needs a title." in first.stderr
    again = tasks(data_dir, "import", str(file), "--as", "economy@example.com")
    assert again.stdout == "0 created, 0 updated, 1 unchanged, 1 refused\n"

    out = tmp_path / "out.json"
    exported = tasks(data_dir, "export", "--as", "economy@example.com", "--out", str(out))
    assert exported.returncode == 0, exported.stderr
    (task,) = json.loads(out.read_text(encoding="utf-8"))["tasks"]
    assert (task["uid"], task["title"]) == ("one", "Fetch the parcel")
    calendar = tasks(data_dir, "export", "--as", "economy@example.com")
    assert "SUMMARY:Fetch the parcel" in calendar.stdout
    other = tasks(data_dir, "import", str(out), "--as", "premium@example.com")
    assert (other.returncode, other.stdout) == (0, "1 created, 0 updated, 0 unchanged, 0 refused\n")


def test_an_unknown_user_and_an_unreadable_file_are_named(data_dir: Path, tmp_path: Path) -> None:
    nobody = tasks(data_dir, "export", "--as", "nobody@example.com")
    assert (nobody.returncode, "there is no user" in nobody.stderr) == (4, True)
    missing = tasks(data_dir, "import", str(tmp_path / "no.ics"), "--as", "economy@example.com")
    assert (missing.returncode, "cannot be read" in missing.stderr) == (1, True)
    wrong = tmp_path / "wrong.json"
    wrong.write_text("{}", encoding="utf-8")
    refused = tasks(data_dir, "import", str(wrong), "--as", "economy@example.com")
    assert (refused.returncode, "tasks: Field required" in refused.stderr) == (1, True)
    assert "Traceback" not in refused.stderr


def test_what_cannot_be_written_or_reached_is_a_sentence(data_dir: Path, tmp_path: Path) -> None:
    nowhere = tasks(data_dir, "export", "--as", "economy@example.com", "--out", str(tmp_path / "no" / "x"))
    assert (nowhere.returncode, "cannot be written" in nowhere.stderr) == (1, True)
    for command in (("token",), ("export",), ("import", "any.ics")):
        away = tasks(
            data_dir,
            *command,
            *("--as", "economy@example.com"),
            DATABASE_URL="postgresql://a:b@127.0.0.1:1/voicetasks",
        )
        assert (away.returncode, "the database cannot be reached" in away.stderr) == (1, True), away.stderr
        assert "Traceback" not in away.stderr
