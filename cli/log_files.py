"""The log file of each process."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

TAIL_BYTES = 8192
LINE_LENGTH = 300


def log_path(log_dir: Path, name: str) -> Path:
    """Where the output of the process with this name goes."""
    return log_dir / f"{name}.log"


def keep_previous(log_dir: Path, name: str) -> None:
    """Move the log of the last run aside, so that this run starts with an empty one."""
    path = log_path(log_dir, name)
    if path.exists():
        path.replace(log_dir / f"{name}.previous.log")


def open_log(log_dir: Path, name: str) -> BinaryIO:
    """For appending, readable by its owner alone."""
    path = log_path(log_dir, name)
    path.touch(mode=0o600, exist_ok=True)
    return path.open("ab")


def last_line(log_dir: Path, name: str) -> str:
    """The last line that is not blank, shortened; empty when there is none."""
    try:
        with log_path(log_dir, name).open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - TAIL_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:LINE_LENGTH] if lines else ""
