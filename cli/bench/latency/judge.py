"""What was heard, in numbers, and which promises hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from math import nan
from statistics import median, quantiles
from typing import Any, Final

from cli.bench.latency.caller import Heard
from cli.bench.latency.doors import Channel, System
from cli.bench.latency.openings import content_ms, opened, timed
from cli.bench.latency.parts import PARTS, parts_of
from cli.bench.latency.turns import Manner
from cli.bench.report import Report

P50_MS: Final = 700
P95_MS: Final = 800
FIRST_AUDIO_MS: Final = 500
CUT_OFF_PERCENT: Final = 3.0
OWN_MS: Final = 120
SILENT_MS: Final = 500
TAKEN_PERCENT: Final = 95.0
KNOWN_PERCENT: Final = 90.0
"""Of fewer answers' moments no part of the time can be told for all."""
PROMISED: Final = "seed"
"""The stand-ins' latencies that are promised for: those that vendors are planned with."""
STARTER_TIMES: Final = 2.0
DEAD_AIR_MS: Final = 2_000
"""A caller who hears nothing for this long asks whether anybody is there."""


@dataclass
class Cell:
    """One system through one door, on stand-ins of one latency profile."""

    system: System
    channel: Channel
    profile: str
    turns: list[Heard] = field(default_factory=list)
    way_ms: float = 0.0
    """The echo's median through the same door."""
    load: float = 0.0
    """The machine's mean load by its processors, while it was measured."""
    others_percent: float = 0.0
    """Share of the processors' time that went to others or was stolen."""
    problem: str = ""
    calls: int = 0
    """That were begun."""
    broken: int = 0
    """Of them, those that broke off. Such a call is made again, and its turns are not counted twice."""

    @property
    def name(self) -> str:
        """For a line of the report."""
        return f"{self.system} {self.channel} {self.profile}"

    @property
    def spoken(self) -> list[Heard]:
        """Turns that want an answer."""
        return [turn for turn in self.turns if turn.manner != Manner.MHM]

    @property
    def timed(self) -> list[Heard]:
        """Turns that were answered and not cut off."""
        return [turn for turn in self.spoken if turn.answer_ms is not None and not turn.cut_off]

    @property
    def answers(self) -> list[float]:
        """Last word to first sound, of all turns that are timed."""
        return [turn.answer_ms for turn in self.timed if turn.answer_ms is not None]

    @property
    def cut_off(self) -> int:
        """Turns that were talked into."""
        return sum(turn.cut_off for turn in self.spoken)

    @property
    def cut_percent(self) -> float:
        """The same, of all."""
        return percent(self.cut_off, len(self.spoken))

    @property
    def unanswered(self) -> int:
        """Turns that nothing was said to."""
        return len(self.spoken) - len(self.timed) - self.cut_off

    def own(self) -> list[float]:
        """Our own share of each turn whose moments are known."""
        return [parts["own"] for turn in self.spoken if (parts := parts_of(turn, self.way_ms)) is not None]

    def first_audio(self) -> list[float]:
        """End of turn decided to first frame published."""
        return [
            max(0.0, 1000 * (turn.marks["playing"] - turn.marks["ended"]))
            for turn in self.spoken
            if turn.marks
        ]

    def means(self) -> dict[str, float]:
        """The mean of each part, over the turns whose moments are known."""
        known = [p for turn in self.spoken if not turn.cut_off and (p := parts_of(turn, self.way_ms))]
        return {part: sum(each[part] for each in known) / len(known) for part in PARTS} if known else {}

    def openings(self) -> dict[str, float]:
        """How many answers began with a kept opening, and when the first sound behind it was heard, ms."""
        begun = opened(self.spoken)
        behind = [ms for turn in begun if (ms := content_ms(turn)) is not None]
        told: dict[str, float] = {"answers": len(timed(self.spoken)), "opened": len(begun)}
        return told | (
            {"behind": len(behind), "p50_ms": p50(behind), "p95_ms": p95(behind)} if behind else {}
        )

    def as_json(self) -> dict[str, Any]:
        """Everything, for the report's details."""
        return {
            "system": str(self.system),
            "channel": str(self.channel),
            "profile": self.profile,
            "load": self.load,
            "others_percent": self.others_percent,
            "way_ms": self.way_ms,
            "problem": self.problem,
            "calls": self.calls,
            "broken": self.broken,
            "parts_ms": self.means(),
            "openings": self.openings(),
            "turns": [asdict(turn) for turn in self.turns],
        }


def percent(part: int, whole: int) -> float:
    """Not a number for nothing of nothing."""
    return round(100 * part / whole, 1) if whole else nan


def p95(values: Sequence[float]) -> float:
    """The 95th percentile; the worst of few."""
    if not values:
        return nan
    return round(quantiles(values, n=20, method="inclusive")[-1]) if len(values) > 1 else round(values[0])


def p50(values: Sequence[float]) -> float:
    """The median; not a number for nothing."""
    return round(median(values)) if values else nan


def report_of(cells: Sequence[Cell]) -> Report:
    """Hold every cell to what is promised for it."""
    report = Report("latency", details=[cell.as_json() for cell in cells])
    for cell in cells:
        if cell.problem:
            report.at_most(f"{cell.name}: could not be measured", 0, 1, "cells", 0)
        elif cell.system.is_ours:
            _judge_ours(report, cell)
    for cell in cells:
        if cell.system in (System.STARTER, System.PIPECAT) and not cell.problem:
            _judge_against(report, cell, cells)
    return report


def _judge_ours(report: Report, cell: Cell) -> None:
    """Each promise has its line, also where nothing was measured: what is not looked at must not look kept."""
    count, answers, name = len(cell.spoken), cell.answers, cell.name
    report.at_most(
        f"{name}: calls that broke off", 0, cell.broken if cell.calls else nan, "calls", cell.calls
    )
    report.at_most(f"{name}: turns without an answer", 0, cell.unanswered if count else nan, "turns", count)
    if cell.channel is Channel.BROWSER and cell.profile == PROMISED:
        report.at_most(f"{name}: last word to first sound, p50", P50_MS, p50(answers), "ms", len(answers))
        report.at_most(f"{name}: last word to first sound, p95", P95_MS, p95(answers), "ms", len(answers))
        if cell.system is System.ECONOMY:
            first = cell.first_audio()
            report.at_most(
                f"{name}: end of turn to first frame, p95", FIRST_AUDIO_MS, p95(first), "ms", len(first)
            )
    if cell.profile == PROMISED:
        report.at_most(f"{name}: turns cut off", CUT_OFF_PERCENT, cell.cut_percent, "%", count)
    else:
        # An answer that is begun in a breath is taken back when the caller goes on. A vendor that needs no time at all
        # sounds before they can: that is no vendor's number, and nothing is promised of it.
        report.tell(f"{name}: turns cut off", cell.cut_percent, "%", count)
    own, known = cell.own(), sum(bool(turn.marks) for turn in cell.timed)
    report.at_least(
        f"{name}: answers whose moments are known",
        KNOWN_PERCENT,
        percent(known, len(answers)),
        "%",
        len(answers),
    )
    report.at_most(f"{name}: our own share, p95", OWN_MS, p95(own), "ms", len(own))
    over = [turn for turn in cell.turns if turn.manner == Manner.OVER]
    taken = [turn.silent_ms for turn in over if turn.silent_ms is not None]
    report.at_least(
        f"{name}: interruptions taken", TAKEN_PERCENT, percent(len(taken), len(over)), "%", len(over)
    )
    report.at_most(f"{name}: interruption to silence, p95", SILENT_MS, p95(taken), "ms", len(taken))
    murmurs = [turn for turn in cell.turns if turn.manner == Manner.MHM]
    kept = sum(turn.silent_ms is None for turn in murmurs)
    report.at_least(f"{name}: «mhm» not taken", TAKEN_PERCENT, percent(kept, len(murmurs)), "%", len(murmurs))


def _judge_against(report: Report, peer: Cell, cells: Sequence[Cell]) -> None:
    """A peer is a cascade, so that it is our cascade that has to be quicker on the same stand-ins.

    On how many turns a ratio rests, and how many a system was not timed in, stands beside it: a turn that is cut off has
    no time, and who cuts off the hard ones looks quick.
    """
    report.tell(f"{peer.name}: calls that broke off", peer.broken, "calls", peer.calls)
    if not peer.answers:
        report.at_least(f"{peer.name}: turns answered, to be compared", 1, 0, "turns", len(peer.spoken))
        return
    ours = next(
        (
            each
            for each in cells
            if each.system is System.ECONOMY
            and (each.channel, each.profile) == (peer.channel, peer.profile)
            and not each.problem
        ),
        Cell(System.ECONOMY, peer.channel, peer.profile),
    )
    times = STARTER_TIMES if peer.system is System.STARTER and peer.profile == "instant" else 1.0
    rests_on = f"({_turns(peer)}; ours {_turns(ours)})"
    ratio = round(p95(peer.answers) / p95(ours.answers), 2)
    line = f"{peer.name}: its p95 is so many times ours {rests_on}"
    report.at_least(line, times, ratio, "times", len(peer.answers))
    ratio = round(p50(peer.answers) / p50(ours.answers), 2)
    report.tell(f"{peer.name}: its median is so many times ours", ratio, "times", len(peer.answers))


def _turns(cell: Cell) -> str:
    return f"{len(cell.answers)} timed, {cell.cut_off} cut off, {cell.unanswered} unanswered"
