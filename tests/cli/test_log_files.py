from __future__ import annotations

import stat
from pathlib import Path

import pytest

from cli.log_files import LINE_LENGTH, keep_previous, last_line, log_path, open_log

pytestmark = pytest.mark.unit


def test_the_last_line_is_the_last_that_is_not_blank(tmp_path: Path) -> None:
    log_path(tmp_path, "web").write_text("first\nlast\n\n  \n")
    assert last_line(tmp_path, "web") == "last"


def test_a_log_that_is_missing_empty_or_binary_gives_a_line_all_the_same(tmp_path: Path) -> None:
    assert last_line(tmp_path, "web") == ""
    log_path(tmp_path, "web").write_bytes(b"")
    assert last_line(tmp_path, "web") == ""
    log_path(tmp_path, "web").write_bytes(b"\xff\xfe" * 100_000)
    assert len(last_line(tmp_path, "web")) == LINE_LENGTH


def test_the_log_of_the_last_run_is_kept_aside(tmp_path: Path) -> None:
    for run in (b"one", b"two", b"three"):
        keep_previous(tmp_path, "web")
        with open_log(tmp_path, "web") as log:
            log.write(run)
    assert log_path(tmp_path, "web").read_bytes() == b"three"
    assert (tmp_path / "web.previous.log").read_bytes() == b"two"


def test_only_its_owner_reads_a_log(tmp_path: Path) -> None:
    open_log(tmp_path, "web").close()
    assert stat.S_IMODE(log_path(tmp_path, "web").stat().st_mode) == 0o600
