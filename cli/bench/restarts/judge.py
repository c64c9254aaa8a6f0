"""What became of the calls, event by event, and which promises hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from math import nan
from typing import Any, Final

from cli.bench.report import Report

BACK_SECONDS: Final = 10.0


@dataclass
class Round:
    """One event, and the calls that were live."""

    name: str
    calls: int
    began_at: float = 0.0
    """Seconds on a clock that only goes on."""
    served_again_s: float | None = None
    """From the event until what was ended, or its successor, could serve; None where nothing has to come back."""
    waits_s: list[float] = field(default_factory=list)
    """The longest time that each call waited for what it had asked: from its caller's last word, or from the event
    where that came later, to the answer with which it was done. How long callers spoke who had to say it again is their own
    time, and not in it."""
    silences_s: list[float] = field(default_factory=list)
    """The same to the first that was heard of us."""
    cuts_lines: bool = False
    """Our voice itself is gone for a while; else only what stands behind it."""
    usual_s: float = 0.0
    """The longest such wait in the moments before the event."""
    moved: int = 0
    """Calls that have another agent than before."""
    said_again: int = 0
    dropped: list[str] = field(default_factory=list)
    """Call ids."""
    idle_percent: float | None = None
    """Of all processors, in those moments."""
    stolen_percent: float | None = None
    """What others on the same hardware took of them."""
    load: float = 0.0
    """The machine's 1-minute load by its processors, at the round's end."""


@dataclass
class Found:
    """A whole run. Filled as it goes on, so that a run that is stopped tells what it has."""

    calls: int = 0
    rounds: list[Round] = field(default_factory=list)
    not_run: dict[str, str] = field(default_factory=dict)
    """Events that were asked for and could not be had here, and why."""
    asked: int = 0
    """Tasks that were asked for."""
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """Made twice, or not asked for."""
    unsettled: list[str] = field(default_factory=list)
    """Ids of calls whose money is still held."""
    requests: list[dict[str, Any]] = field(default_factory=list)
    """Each request, its moments on the same clock as the rounds'."""
    looked_into: bool = False
    """The callers' lists and the leases were looked at: the run came to its end."""


def report_of(found: Found) -> Report:
    """Hold a run to its promises."""
    details: list[dict[str, Any]] = [asdict(each) for each in found.rounds]
    details += [{"not_run": f"{event}: {reason}"} for event, reason in found.not_run.items()]
    report = Report("restarts", details=details)
    for each in found.rounds:
        name, n = each.name, each.calls
        report.at_most(f"{name}: calls dropped", 0, len(each.dropped), "calls", n)
        if each.cuts_lines:
            _back(report, f"{name}: heard again", each.silences_s)
        # What is heard first may be a recording: a call is back when what its caller had asked is done and answered.
        _back(report, f"{name}: answered, and done,", each.waits_s)
    for event in found.not_run:
        report.at_least(f"{event}: not measured", 1, 0, "rounds", 0)
    if found.looked_into:
        report.at_most("tasks that were made and lost", 0, len(found.lost), "tasks", found.asked)
        report.at_most("tasks made twice or unasked", 0, len(found.wrong), "tasks", found.asked)
        report.at_most("calls over whose money is still held", 0, len(found.unsettled), "calls", found.calls)
        report.details += found.requests
        report.details.append({"lost": found.lost, "wrong": found.wrong, "unsettled": found.unsettled})
    return report


def _back(report: Report, what: str, seconds: Sequence[float]) -> None:
    report.at_most(f"{what} after, at most", BACK_SECONDS, max(seconds, default=nan), "s", len(seconds))
