"""A run on disk, a line for each call, so that it goes on where it stopped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cli.bench.chaos.facts import Facts


class StateError(RuntimeError):
    """The file holds another run, or no run at all; the message says which."""


class State:
    """The calls that were made. Without a path it only lives in memory."""

    def __init__(self, path: Path | None, head: dict[str, Any]) -> None:
        self._path = path
        self.done: dict[int, Facts] = {}
        """By their number."""
        if path is None:
            return
        if path.is_file() and path.stat().st_size:
            self._read(path, head)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._append(head)

    def add(self, facts: Facts) -> None:
        """Keep a call."""
        self.done[facts.number] = facts
        self._append(facts.as_json())

    def _append(self, line: dict[str, Any]) -> None:
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def _read(self, path: Path, head: dict[str, Any]) -> None:
        text = path.read_text(encoding="utf-8")
        whole, _, cut_off = text.rpartition("\n")
        try:
            known, *calls = [json.loads(line) for line in whole.splitlines()]
            facts = [Facts.from_json(line) for line in calls]
        except (ValueError, TypeError) as error:
            raise StateError(f"{path} is no state of this bench: name another file") from error
        if known != head:
            raise StateError(
                f"{path} is another run's ({json.dumps(known)}): name another file, or delete it"
            )
        if cut_off:  # the run was killed as it wrote
            path.write_text(whole + "\n", encoding="utf-8")
        self.done = {each.number: each for each in facts}
