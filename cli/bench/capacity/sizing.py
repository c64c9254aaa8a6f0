"""What `bench capacity` measured, as sentences in docs/sizing.md: each between a comment that names it and one that
ends it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cli.bench.capacity.judge import OURS, STARTER, Climb, Measured

FIELD: Final = re.compile(r"(<!-- capacity:([a-z0-9-]+) -->).*?(<!-- /capacity -->)", re.DOTALL)
FREE_SHARE: Final = 1 / 3
"""Of the slots that are kept free, as the workers' autoscaling does."""
CORES: Final = 2
"""Of a worker, as deploy/ asks for."""
PROMISED_MS: Final = 800
WANTED: Final = (100, 1_000, 10_000)


class NoFieldsError(ValueError):
    """Nothing can be filled in: the file has no such field, or nothing was measured."""


def workers(calls: int, slots: int) -> int:
    """How many workers carry so many calls at once, with a part of their slots free."""
    return math.ceil(round(calls / ((1 - FREE_SHARE) * slots), 6))


def fields(measured: Measured, machine: str) -> dict[str, str]:
    """The sentences by name. Raises NoFieldsError where our own calls were not measured."""
    ours, starter = measured.of(OURS), measured.of(STARTER)
    if ours is None or not ours.held:
        raise NoFieldsError("nothing was measured of our own calls")
    load = max(step.load for step in ours.steps)
    others = max(step.others_percent for step in ours.steps)
    found = {
        "machine": f"{machine}; stand-ins `{measured.profile}`; up to {load:g} processes for each processor, others "
        f"took up to {others:g} % of the processors",
        "calls": _carried(ours),
        "within": f"{ours.calls_within(PROMISED_MS)}",
        "starter": _carried(starter) if starter is not None else "not measured",
        "cpu": f"{ours.cpu_per_call:.2f} in the worker, {ours.machine_cpu_per_call:.2f} with all that serves it here",
        "memory": f"{ours.memory_per_call:.0f}",
        "idle": f"{ours.idle.memory_mb:.0f}",
    }
    # What keeps the promise first; the other is how far it goes before callers notice.
    for name, slots in (("promised", ours.calls_within(PROMISED_MS)), ("late", ours.calls)):
        found[f"slots-{name}"] = str(slots)
        found |= {f"workers-{name}-{wanted}": _machines(wanted, slots) for wanted in WANTED}
    return found


def _machines(calls: int, slots: int) -> str:
    if slots == 0:
        return "none is enough: one call is late already"
    return f"{workers(calls, slots):,} ({CORES * workers(calls, slots):,} cores)"


def fill(text: str, found: Mapping[str, str]) -> str:
    """Put the sentences where they belong; a field of another name stays. Raises NoFieldsError."""
    names = {match[1] for match in FIELD.findall(text)}
    if not names & found.keys():
        raise NoFieldsError("there is no field such as <!-- capacity:calls --> <!-- /capacity -->")
    return FIELD.sub(
        lambda match: f"{match[1]} {found[match[2]]} {match[3]}" if match[2] in found else match[0], text
    )


def fill_file(path: Path, measured: Measured, machine: str) -> None:
    """Fill in a file. Raises NoFieldsError and OSError."""
    path.write_text(fill(path.read_text(encoding="utf-8"), fields(measured, machine)), encoding="utf-8")


def _carried(climb: Climb) -> str:
    return (
        f"{climb.calls}{'' if climb.broke else ' or more'} (p95 {climb.steps[0].p95_ms:.0f} ms with one, "
        f"{climb.held[-1].p95_ms:.0f} ms with {climb.calls})"
        if climb.held
        else "none"
    )
