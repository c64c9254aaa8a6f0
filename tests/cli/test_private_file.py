"""What is given out into a file is for its owner's eyes, and a device stays everybody's."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from cli.admin.private_file import private_file

pytestmark = pytest.mark.unit


def test_a_file_that_others_could_read_is_written_anew_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_text("something longer than what comes")
    path.chmod(0o644)
    with private_file(path) as file:
        file.write("short")
    assert path.read_text() == "short"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_pipe_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path, 0o644)
    path.chmod(0o644)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with private_file(path) as file:
            file.write("through")
        assert os.read(reader, 100) == b"through"
    finally:
        os.close(reader)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
