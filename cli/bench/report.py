"""What every bench prints: lines with a target, what was measured, and whether it holds."""

from __future__ import annotations

import json
import math
import os
import platform
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Line:
    """One promise. `holds` is the bench's own verdict, since some targets are floors and some ceilings."""

    line: str
    target: float
    """Not a number where nothing is promised: what was measured is told beside the promises."""
    measured: float
    """Not a number where nothing was measured. No promise holds then."""
    unit: str
    holds: bool
    n: int


@dataclass
class Report:
    """All lines of one bench on one machine."""

    name: str
    lines: list[Line] = field(default_factory=list)
    details: list[dict[str, Any]] = field(default_factory=list)
    """What lies behind the numbers, in a form of the bench's own: misses, for example."""
    sandbox: bool = True
    """Whether vendors' stand-ins served the calls that were measured; false where there was no call, or a real one."""

    def at_least(self, line: str, target: float, measured: float, unit: str, n: int) -> None:
        """Add a floor."""
        self.lines.append(Line(line, target, measured, unit, measured >= target, n))

    def at_most(self, line: str, target: float, measured: float, unit: str, n: int) -> None:
        """Add a ceiling."""
        self.lines.append(Line(line, target, measured, unit, measured <= target, n))

    def tell(self, line: str, measured: float, unit: str, n: int) -> None:
        """Add a number that nothing is promised of."""
        self.lines.append(Line(line, math.nan, measured, unit, holds=True, n=n))

    @property
    def holds(self) -> bool:
        """Whether there are promises and all of them hold."""
        promised = [line for line in self.lines if not math.isnan(line.target)]
        return bool(promised) and all(line.holds for line in promised)

    def conclude(self, *, as_json: bool) -> int:
        """Put the report on stdout as one JSON object where that is wanted, and give the exit code: 0 when all holds."""
        if as_json:
            print(json.dumps(self.as_json(), ensure_ascii=False, allow_nan=False))
        return 0 if self.holds else 1

    def as_json(self) -> dict[str, Any]:
        """The published object, and the details with it. What could not be measured is null: JSON has no other word."""
        whole = {
            "name": self.name,
            "sandbox": self.sandbox,
            "machine": machine(),
            "lines": [asdict(line) for line in self.lines],
            "details": self.details,
        }
        return {name: _finite(value) for name, value in whole.items()}

    def print(self, console: Console) -> None:
        """A table for people."""
        label = " (sandbox)" if self.sandbox else ""
        table = Table(title=f"bench {self.name}{label} on {machine()}")
        for column in ("line", "target", "measured", "unit", "n", "holds"):
            table.add_column(column)
        for line in self.lines:
            measured = f"{line.measured:g}" if math.isfinite(line.measured) else "nothing measured"
            target, verdict = f"{line.target:g}", "[green]yes[/]" if line.holds else "[red]no[/]"
            if math.isnan(line.target):
                target = verdict = ""
            table.add_row(line.line, target, measured, line.unit, str(line.n), verdict)
        console.print(table)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return value


def machine() -> str:
    """The system, the processor and how many of it: enough to compare two runs."""
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}"
    )
