"""What a run comes to: the lines with their targets, and tables for people."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.bench.chaos.facts import Facts
from cli.bench.chaos.judge import Broken, broken
from cli.bench.meter_slack import meter_slack
from cli.bench.report import Report
from routing.reconcile import Drift


def report_of(calls: Sequence[Facts], drifts: Sequence[Drift]) -> Report:
    """Hold a run to its promises."""
    report, count = Report("chaos"), len(calls)
    counts = Counter(kind for facts in calls for kind in broken(facts))
    for kind in Broken:
        report.at_most(f"calls in which {kind}", 0, counts[kind], "calls", count)
    if drifts:
        invoiced = sum(drift.invoiced for drift in drifts)
        left = sum(abs(drift.after) for drift in drifts)
        most = meter_slack(invoiced)
        report.at_most("between journal and invoice after reconciliation", most, left, "µ$", count)
        report.details += [{"drift": asdict(drift)} for drift in drifts]
    for facts in calls:
        kinds = broken(facts)
        if kinds:
            report.details.append({"broken": [str(kind) for kind in kinds], **facts.as_json()})
    return report


def show(calls: Sequence[Facts], console: Console) -> None:
    """A row for each stack and service, one for each kind of fault, and each call that went wrong."""
    console.print(_table("by stack and vendor", calls, lambda facts: f"{facts.stack}: {facts.service}"))
    console.print(_table("by kind", calls, lambda facts: facts.kind))
    console.print(_table("by point of the turn", calls, lambda facts: facts.point))
    for facts in calls:
        if kinds := broken(facts):
            console.print(escape(f"{named(facts)}: {'; '.join(kinds)}"))
            for sentence in _story(facts):
                console.print(escape(f"    {sentence}"))


def named(facts: Facts) -> str:
    """A call in a few words."""
    return f"{facts.number} {facts.stack}/{facts.service}/{facts.kind}/{facts.point} {facts.call_id}"


def _table(title: str, calls: Sequence[Facts], key: Any) -> Table:
    table = Table(title=f"chaos (sandbox) {title}")
    for column in (
        "",
        "calls",
        "kept all",
        "as planned",
        "swapped",
        "said again",
        "median ms",
        "worst ms",
    ):
        table.add_column(column, justify="left" if not column else "right")
    groups: defaultdict[str, list[Facts]] = defaultdict(list)
    for facts in calls:
        groups[key(facts)].append(facts)
    for name in sorted(groups):
        table.add_row(name, *_cells(groups[name]))
    if len(groups) > 1:
        table.add_section()
        table.add_row("all", *_cells(calls))
    return table


def _cells(calls: Sequence[Facts]) -> Iterable[str]:
    times = [facts.recovery_ms for facts in calls if facts.recovery_ms is not None]
    kept = sum(not broken(facts) for facts in calls)
    colour = "green" if kept == len(calls) else "red"
    yield str(len(calls))
    yield f"[{colour}]{kept}[/]"
    yield str(sum(facts.as_planned for facts in calls))
    yield str(sum(bool(facts.stacks) for facts in calls))
    yield str(sum(facts.said_again for facts in calls))
    yield str(sum(facts.misheard for facts in calls))
    yield f"{median(times):.0f}" if times else "–"
    yield str(max(times)) if times else "–"


def _story(facts: Facts) -> Iterable[str]:
    yield f"began with {facts.began_with}, went on with {', '.join(facts.stacks) or 'the same'}"
    if facts.ended_early:
        yield facts.ended_early
    for turn in facts.turns:
        yield f"«{turn['said']}» was understood as «{turn['understood']}», answered «{turn['heard']}»"
    yield f"asked for {facts.asked}; the store holds {facts.found}"
    yield f"load of the machine {facts.load:g} for each processor"
    yield f"metered {facts.metered} µ$, invoiced {facts.invoiced} µ$"
