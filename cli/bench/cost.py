"""`bench cost`: what a minute of talk costs on a stack, over a long call, and whether it stays what it was."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from rich.console import Console
from rich.table import Table

from cli.bench.meter_slack import meter_slack
from cli.bench.rehearsing import Event, rehearsed
from cli.bench.report import Report
from cli.bench.spending import PARTS, Spending
from tiers.catalogue import STACKS
from tiers.prices import bundled

StackName = Literal["economy", "premium", "gemini"]
"""Those that a conversation is rehearsed on: each tier's own, which has its name, and premium's second vendor."""
TARGETS: Final[dict[StackName, float]] = {"economy": 0.07, "premium": 0.12, "gemini": 0.12}
"""$ a minute, at most, in a ten-minute call: SPEC.md, NFR-2.1 and NFR-2.2. Gemini's tier is premium."""
CALL_MINUTES: Final = 10
EARLY: Final = 5
LATE: Final = 30
"""Minutes of a call whose costs are compared, each taken as the mean of the window that it stands in: two whole rounds
of the reference conversation, since a minute in which a list is read costs more than its neighbours."""
WINDOWS: Final = {EARLY: (4, 7), LATE: (27, 30)}
GROWTH: Final = 1.2
"""How much dearer the late minute may be than the early one."""

Say = Callable[[str], None]


@dataclass
class RehearsedCall:
    """One call on one stack."""

    stack: StackName
    spending: Spending
    invoiced: int
    """µ$ on the sandbox's invoice."""
    told: Event
    """What it told at its end."""

    @property
    def off(self) -> int:
        """µ$ between meter and invoice."""
        return abs(self.spending.microdollars - self.invoiced)

    def as_json(self) -> dict[str, Any]:
        """Everything behind the lines."""
        minutes, spending = range(1, self.spending.minutes + 1), self.spending
        return {
            "stack": self.stack,
            "tier": STACKS[self.stack].tier,
            "sandbox": True,
            "price_version": spending.prices.version,
            "microdollars_by_minute": spending.by_minute,
            "parts_by_minute": spending.parts_by_minute,
            "given_up_by_minute": spending.given_up_by_minute,
            "dollars_a_minute_until": [round(spending.dollars_a_minute(1, minute), 6) for minute in minutes],
            "microdollars": spending.microdollars,
            "invoice_microdollars": self.invoiced,
            "caller_talks_share": round(self.told["caller_seconds"] / (60 * spending.minutes), 3),
            "agent_talks_share": round(self.told["agent_seconds"] / (60 * spending.minutes), 3),
            "turns": self.told["turns"],
            "tools": self.told["tools"],
            "unanswered": self.told["unanswered"],
        }


async def run(stacks: Sequence[StackName], minutes: int, say: Say) -> tuple[Report, list[RehearsedCall]]:
    """Rehearse a call of so many minutes on each stack, one after the other. Raises RehearsalError."""
    report, calls = Report("cost"), []
    for stack in stacks:
        call = await _call(stack, minutes, say)
        calls.append(call)
        judge(report, call)
        report.details.append(call.as_json())
    return report, calls


async def _call(stack: StackName, minutes: int, say: Say) -> RehearsedCall:
    spending = Spending(minutes, bundled())
    said, turns, invoiced = 0, 0, 0
    end: Event = {}
    with tempfile.TemporaryDirectory(prefix="voicetasks-cost-") as folder:
        async for event in rehearsed(stack, minutes, Path(folder)):
            if "usage" in event:
                spending.add_told(event)
            elif "turn" in event:
                turns = event["turn"]
            elif "ended" in event:
                end = event
            elif "invoice" in event:
                invoiced = event["invoice"]["microdollars"]
            while event.get("at", 0) >= 60 * (said + 1) and said < minutes:
                said += 1
                say(f"{stack}, minute {said}: ${spending.dollars_a_minute(said, said):.4f}")
    return RehearsedCall(stack, spending, invoiced, {**end, "turns": turns})


def judge(report: Report, call: RehearsedCall) -> None:
    """Hold a call to its targets."""
    stack, spending = call.stack, call.spending
    over = min(CALL_MINUTES, spending.minutes)
    report.at_most(
        f"{stack}: a minute of the first {over}",
        TARGETS[stack],
        round(spending.dollars_a_minute(1, over), 4),
        "$",
        over,
    )
    if spending.minutes >= LATE:
        early, late = (spending.dollars_a_minute(*WINDOWS[minute]) for minute in (EARLY, LATE))
        report.at_most(
            f"{stack}: a minute around {LATE} against one around {EARLY}",
            GROWTH,
            round(late / early, 3),
            "x",
            sum(last - first + 1 for first, last in WINDOWS.values()),
        )
    allowed = meter_slack(call.invoiced)
    report.at_most(f"{stack}: between the meter and the sandbox's invoice", allowed, call.off, "µ$", 1)
    report.at_most(
        f"{stack}: turns without an answer", 0, call.told["unanswered"], "turns", call.told["turns"]
    )


def show(calls: Sequence[RehearsedCall], console: Console) -> None:
    """Minute by minute, for people."""
    for call in calls:
        table = Table(title=f"{call.stack} (sandbox): µ$ a minute")
        for column in ("minute", "µ$", "$", *PARTS, "given up", "$/min until then"):
            table.add_column(column, justify="right")
        spent = call.spending
        rows = zip(spent.by_minute, spent.parts_by_minute, spent.given_up_by_minute, strict=True)
        for minute, (microdollars, parts, given_up) in enumerate(rows, 1):
            table.add_row(
                str(minute),
                f"{microdollars:,}",
                f"{microdollars / 1_000_000:.4f}",
                *(f"{parts[part]:,}" for part in PARTS),
                f"{given_up:,}",
                f"{call.spending.dollars_a_minute(1, minute):.4f}",
            )
        console.print(table)
        details = call.as_json()
        console.print(
            f"{details['turns']} turns, {details['tools']} tool calls; the caller talked for "
            f"{details['caller_talks_share']:.0%} of the time, the agent for {details['agent_talks_share']:.0%}. "
            f"Meter {call.spending.microdollars:,} µ$, invoice {call.invoiced:,} µ$."
        )
