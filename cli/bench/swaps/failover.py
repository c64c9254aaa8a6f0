"""`bench failover`: how much later an answer is heard when premium's vendor dies in the middle of a turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from cli.bench.report import Report
from cli.bench.swaps.rounds import Point, Round, RoundOfTalk
from cli.bench.swaps.talk import World, talk, world

LATER_MEDIAN_MS: Final = 1200
LATER_WORST_MS: Final = 2500
SILENT_MS: Final = 5000
"""From the caller's last word to our first sound, when the vendor says nothing and keeps its socket open."""
ROUNDS_A_CALL: Final = 10

Tell = Callable[[Round], None]


async def run(rounds: int, points: Sequence[Point], folder: Path, tell: Tell) -> Report:
    """Have the vendor die in so many rounds at each point. Raises CallError, NotBackError and NoDemoError."""
    report = Report("failover")
    async with world(folder) as running:
        for point in points:
            made = await _rounds(running, point, rounds, tell)
            judge(report, point, made)
            report.details += [each.as_json() for each in made]
    return report


async def _rounds(running: World, point: Point, rounds: int, tell: Tell) -> list[Round]:
    """So many with the fault, and a third as many without it, some of each in every call."""
    made: list[Round] = []
    while (done := sum(1 for each in made if each.broken)) < rounds:
        async with talk(running) as talking:
            for number in range(done, min(done + ROUNDS_A_CALL, rounds)):
                for broken in (False, True) if number % 3 == 0 else (True,):
                    made.append(await RoundOfTalk(talking, point, number, broken=broken).run())
                    tell(made[-1])
    return made


def judge(report: Report, point: Point, rounds: Sequence[Round]) -> None:
    """Hold the rounds at one point to the promise."""
    broken = [each for each in rounds if each.broken]
    heard = [each.heard_ms for each in broken if each.heard_ms is not None]
    well = [each.heard_ms for each in rounds if not each.broken and each.heard_ms is not None]
    count = len(broken)
    if heard and well and point is Point.SILENT:
        report.at_most(f"{point}: last word to our first sound, worst", SILENT_MS, max(heard), "ms", count)
    elif heard and well:
        usual = median(well)
        later = [each - usual for each in heard]
        report.at_most(f"{point}: heard later, median", LATER_MEDIAN_MS, round(median(later)), "ms", count)
        report.at_most(f"{point}: heard later, worst", LATER_WORST_MS, round(max(later)), "ms", count)
    for line, holds in (
        ("nothing heard", [each.heard_ms is not None for each in rounds]),
        ("not answered in full", [each.whole for each in rounds]),
        ("tasks not made exactly once", [each.once for each in rounds]),
        ("another room or participant", [each.same for each in rounds]),
        ("the vendor's death changed nothing", [each.swapped == each.broken for each in rounds]),
    ):
        report.at_most(f"{point}: {line}", 0, holds.count(False), "rounds", len(rounds))
