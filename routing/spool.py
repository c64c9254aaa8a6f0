"""Journal entries on disk while Redis or the database cannot be reached: for the journal, and to tell Redis of later."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import json
import logging
import os
import uuid
from collections.abc import Iterable
from dataclasses import asdict
from io import FileIO
from pathlib import Path
from typing import Final

from pydantic_core import from_json

from routing.entry_form import entry_of_line
from routing.journal import Entry, Journal
from routing.missed import Missed

log = logging.getLogger("routing.spool")

SUFFIX: Final = ".jsonl"
BAD_SUFFIX: Final = ".bad"
"""Of a file that somebody has to look at: what could be read of it is in the journal."""


class Spool:
    """One process' file in the spool folder. The process holds a lock on it: a file without one was left behind."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = self._fresh()
        self._file: FileIO | None = None
        self._busy = asyncio.Lock()
        self._torn = False
        self._closed = False

    async def append(self, entries: Iterable[Entry]) -> None:
        """Write entries and wait until the disk has them. Raises OSError when it cannot, and then none of them counts.

        Whoever is cancelled meanwhile does not know: the writing goes on.
        """
        lines = "".join(json.dumps(asdict(entry), separators=(",", ":")) + "\n" for entry in entries)
        await asyncio.shield(asyncio.create_task(self._append(lines.encode()), name="spool.write"))

    async def charged(self) -> int:
        """Sum what stands in the folder, of all processes: charges that Redis was not told of yet, µ$. Raises OSError."""
        return await asyncio.to_thread(_charged, self._folder)

    async def drain(self, journal: Journal, missed: Missed) -> int:
        """Put this file into the journal, tell Redis of its charges and remove it.

        Returns how many entries were new to the journal. Raises JournalDownError, BlindError or OSError; then the file
        stays.
        """
        async with self._busy:
            if self._file is None:
                return 0
            added = await _hand_over(self._file, self._path, journal, missed)
            self._let_go()
            self._path = self._fresh()  # others may still have the old one open, to remove it
        return added

    def close(self) -> None:
        """Let go of the file, once what is being written is written; it is found by whoever looks for such files."""
        self._closed = True
        if not self._busy.locked():
            self._let_go()

    async def _append(self, data: bytes) -> None:
        async with self._busy:
            try:
                await asyncio.to_thread(self._write, data)
            finally:
                if self._closed:
                    self._let_go()

    def _write(self, data: bytes) -> None:
        if self._file is None:
            self._file = self._opened()
        rest = memoryview(b"\n" + data if self._torn else data)
        self._torn = True
        while rest:
            # A full disk takes less than it was given before it says that it is full.
            if not (written := self._file.write(rest)):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            rest = rest[written:]
        os.fsync(self._file.fileno())
        self._torn = False

    def _opened(self) -> FileIO:
        """Open the file, locked; another one if somebody takes it for abandoned between the two."""
        self._folder.mkdir(parents=True, exist_ok=True)
        while True:
            file = FileIO(self._path, "a+")
            if _lock(file, self._path):
                return file
            file.close()
            self._path = self._fresh()

    def _let_go(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _fresh(self) -> Path:
        return self._folder / f"{uuid.uuid4().hex}{SUFFIX}"


def spool_files(folder: Path) -> list[Path]:
    """Give the files of a spool folder, those of living processes too."""
    return sorted(folder.glob(f"*{SUFFIX}"))


async def drain_abandoned(path: Path, journal: Journal, missed: Missed) -> int:
    """Do with a file of a dead process or an ended call what it would have done itself; leave others' alone.

    Returns how many entries were new to the journal. Raises JournalDownError, BlindError or OSError; then the file
    stays.
    """
    try:
        file = FileIO(path, "r+")
    except FileNotFoundError:
        return 0
    with file:
        return await _hand_over(file, path, journal, missed) if _lock(file, path) else 0


def _charged(folder: Path) -> int:
    charged = 0
    for path in spool_files(folder):
        with contextlib.suppress(FileNotFoundError):  # Redis was told of it just now
            entries, _ = _read(path.read_bytes())
            charged += sum(entry.microdollars for entry in entries if entry.kind == "charge")
    return charged


def _lock(file: FileIO, path: Path) -> bool:
    """Lock a file unless somebody else has, or has removed it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False


async def _hand_over(file: FileIO, path: Path, journal: Journal, missed: Missed) -> int:
    file.seek(0)
    entries, unreadable = _read(file.readall())
    added = await journal.append(entries)
    await missed.tell(entries)
    _put_away(path, unreadable)
    return added


def _put_away(path: Path, unreadable: int) -> None:
    if not unreadable:
        path.unlink(missing_ok=True)
        return
    kept = path.rename(path.with_suffix(BAD_SUFFIX))
    log.error("journal.spool_unreadable", extra={"count": unreadable, "source": kept.name})


def _read(data: bytes) -> tuple[list[Entry], int]:
    """Read a file's entries; also, how many lines are neither entries nor the beginning of one."""
    entries, unreadable = [], 0
    for line in data.split(b"\n"):
        if not line:
            continue
        try:
            entries.append(entry_of_line(line))
        except ValueError:
            unreadable += not _is_torn(line)
    return entries, unreadable


def _is_torn(line: bytes) -> bool:
    """Whether a line only breaks off: its writing failed or its process died, and nobody was told that it is there."""
    try:
        from_json(line)
    except ValueError as error:
        return line.startswith(b"{") and line.isascii() and "EOF while parsing" in str(error)
    return False
