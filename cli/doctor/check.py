"""The result of one look at the machine."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Check:
    """A name, a verdict, what was seen, and what to do about it (empty when nothing is)."""

    name: str
    level: Level
    detail: str
    fix: str = ""

    def as_dict(self) -> dict[str, str]:
        """For `--json`."""
        return asdict(self)
