"""Journal entries on disk while Redis or the database cannot be reached: for the journal, and to tell Redis of later."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import uuid
from collections.abc import Iterable
from dataclasses import asdict
from io import FileIO
from pathlib import Path
from typing import Final

from routing.journal import Entry, Journal
from routing.missed import Missed

SUFFIX: Final = ".jsonl"


class Spool:
    """One process' file in the spool folder. The process holds a lock on it: a file without one was left behind."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = self._fresh()
        self._file: FileIO | None = None
        self._busy = asyncio.Lock()

    async def append(self, entries: Iterable[Entry]) -> None:
        """Write entries and wait until the disk has them. Raises OSError when it cannot."""
        lines = "".join(json.dumps(asdict(entry), separators=(",", ":")) + "\n" for entry in entries)
        async with self._busy:
            await asyncio.to_thread(self._write, lines.encode())

    async def drain(self, journal: Journal, missed: Missed) -> int:
        """Put this file and abandoned ones into the journal, tell Redis of their charges and remove them.

        Returns how many entries were new to the journal. Raises JournalDownError or BlindError; then the files stay.
        """
        added = 0
        async with self._busy:
            for path in sorted(self._folder.glob(f"*{SUFFIX}")):
                added += await self._take(path, journal, missed)
        return added

    def close(self) -> None:
        """Let go of the file; what is in it is found by the next one who drains."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, data: bytes) -> None:
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file = FileIO(self._path, "a+")
            fcntl.flock(self._file, fcntl.LOCK_EX)
        self._file.write(data)
        os.fsync(self._file.fileno())

    def _fresh(self) -> Path:
        return self._folder / f"{uuid.uuid4().hex}{SUFFIX}"

    async def _take(self, path: Path, journal: Journal, missed: Missed) -> int:
        own = path == self._path
        try:
            file = self._file if own and self._file is not None else FileIO(path, "r+")
        except FileNotFoundError:
            return 0
        try:
            if not own:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return 0  # its process lives
            file.seek(0)
            entries = _entries(file.read())
            added = await journal.append(entries)
            await missed.tell(entries)
            _remove(path)
        finally:
            if not own:
                file.close()
        if own:
            self.close()
            self._path = self._fresh()  # others may still have the old one open, to remove it
        return added


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _entries(data: bytes) -> list[Entry]:
    """Read a file's entries; a last line that was cut off by a crash was never acknowledged."""
    found = []
    for line in data.decode().splitlines():
        try:
            fields = json.loads(line)
        except ValueError:
            continue
        fields["scopes"] = tuple(fields["scopes"])
        found.append(Entry(**fields))
    return found
