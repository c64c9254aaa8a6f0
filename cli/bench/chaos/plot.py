"""The picture of `bench chaos`: what became of the calls, by vendor and by kind of fault."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

from cli.bench.chaos.facts import Facts
from cli.bench.chaos.judge import broken
from cli.bench.chaos.plan import LADDERS
from cli.picture import picture
from tiers.catalogue import STACKS

KEPT: Final = "#cfe8d5"
BROKEN: Final = "#e9a3a3"
NONE: Final = "#f4f4f4"


def draw(calls: Sequence[Facts], path: Path) -> None:
    """Write the picture as the kind that the path's ending names. Raises NoPlotError."""
    groups: defaultdict[tuple[str, str], list[Facts]] = defaultdict(list)
    for facts in calls:
        groups[f"{facts.stack}: {facts.service}", facts.kind].append(facts)
    met = {row for row, _ in groups}
    rows = [
        name
        for stack in LADDERS
        for service in STACKS[stack].services
        if (name := f"{stack}: {service}") in met
    ]
    kinds = sorted({facts.kind for facts in calls})
    with picture(path, inches=(3 + 0.75 * len(kinds), 1.8 + 0.42 * len(rows)), dpi=120) as figure:
        from matplotlib.patches import Patch, Rectangle

        axes = figure.add_subplot()
        for y, row in enumerate(rows):
            for x, kind in enumerate(kinds):
                group = groups.get((row, kind), [])
                bad = sum(bool(broken(facts)) for facts in group)
                colour = NONE if not group else BROKEN if bad else KEPT
                axes.add_patch(Rectangle((x - 0.48, y - 0.46), 0.96, 0.92, facecolor=colour, linewidth=0))
                if group:
                    axes.text(x, y, _words(group, bad), ha="center", va="center", fontsize=7)
        axes.set_xlim(-0.5, len(kinds) - 0.5)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xticks(range(len(kinds)), kinds, rotation=40, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(len(rows)), rows)
        axes.tick_params(length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
        kept = sum(not broken(facts) for facts in calls)
        axes.set_title(
            f"{len(calls)} calls whose vendors fail (sandbox): {kept} kept every promise.\n"
            "In each field: calls, and the median time to our next sound",
            fontsize=10,
        )
        patches = [
            Patch(facecolor=KEPT, label="every promise kept"),
            Patch(facecolor=BROKEN, label="one broken"),
        ]
        figure.legend(handles=patches, frameon=False, loc="outside lower center", ncols=2)


def _words(group: Sequence[Facts], bad: int) -> str:
    times = [facts.recovery_ms for facts in group if facts.recovery_ms is not None]
    count = f"{len(group)}" if not bad else f"{bad} of {len(group)}"
    return f"{count}\n{median(times) / 1000:.1f} s" if times else count
