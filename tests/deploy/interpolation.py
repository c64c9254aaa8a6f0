"""Variables in a compose file, put in as Compose does it; and what an `.env` of ours lists."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

VARIABLE = re.compile(r"\$\$|\$\{([A-Z0-9_]+)(?:(:-|:\?)([^}]*))?\}")
LINE = re.compile(r"^(# ?)?([A-Z][A-Z0-9_]*)=(.*)$")


class MissingVariableError(ValueError):
    """A variable that the file insists on has no value."""


def listed(path: Path) -> dict[str, str | None]:
    """The variables of an `.env`; None for one that is commented out."""
    found = map(LINE.match, path.read_text(encoding="utf-8").splitlines())
    return {line[2]: None if line[1] else line[3] for line in found if line}


def used(path: Path) -> set[str]:
    """The variables that a compose file asks for."""
    return {name for name, _, _ in VARIABLE.findall(_code(path)) if name}


def interpolated(path: Path, values: Mapping[str, str]) -> dict[str, Any]:
    """The file with merges and variables done, without its `x-…`. Raises MissingVariableError."""

    def put(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        value = values.get(match[1], "")
        if not value and match[2] == ":?":
            raise MissingVariableError(match[1])
        return value or match[3] or ""

    document: dict[str, Any] = yaml.safe_load(VARIABLE.sub(put, _code(path)))
    return {name: part for name, part in document.items() if not name.startswith("x-")}


def _code(path: Path) -> str:
    """Without comments, in which Compose puts nothing."""
    return re.sub(r"(?m)^\s*#.*$", "", path.read_text(encoding="utf-8"))
