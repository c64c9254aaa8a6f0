"""A file for its owner's eyes alone: people's words or data are in it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from cli.admin.output import USAGE, AdminError


@contextmanager
def private_file(path: Path) -> Iterator[TextIO]:
    """Write it anew; one that others could read is theirs to read no longer. Raises AdminError where it cannot be made."""
    try:
        number = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
        file = open(number, "w", encoding="utf-8")  # noqa: SIM115 (closed below)
        if stat.S_ISREG(os.fstat(number).st_mode):  # a device stays everybody's
            os.fchmod(number, 0o600)
            os.ftruncate(number, 0)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise AdminError(
            "bad_file", f"{path}: {why}", "name a file that can be written", exit_code=USAGE
        ) from error
    with file:
        yield file
