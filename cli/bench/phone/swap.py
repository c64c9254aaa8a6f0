"""Part `swap`: premium's vendor dies in the middle of an answer by telephone, and the same call goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from cli.bench.phone.office import Office
from cli.bench.report import Report
from cli.bench.swaps.failover import judge
from cli.bench.swaps.rounds import Point, Round, RoundOfTalk
from cli.bench.swaps.talk import Talk
from cli.caller.record import CallRecord

ROUNDS_A_CALL: Final = 6


@dataclass
class Swaps:
    """The rounds."""

    rounds: list[Round] = field(default_factory=list)

    def judge(self, report: Report) -> None:
        """Hold them to what a browser is promised."""
        if self.rounds:
            judge(report, Point.MID_ANSWER, self.rounds)

    def as_json(self) -> dict[str, Any]:
        """What lies behind it."""
        return {"rounds": [each.as_json() for each in self.rounds]}


async def measure(office: Office, found: Swaps, rounds: int, tell: Callable[[str], None]) -> None:
    """So many rounds with the fault, a third as many without. Raises CallError and NotBackError."""
    while (done := sum(1 for each in found.rounds if each.broken)) < rounds:
        async with office.line("premium") as line:
            talk = Talk(office.world, line, CallRecord(), line.call_id)
            await talk.begin()
            for number in range(done, min(done + ROUNDS_A_CALL, rounds)):
                for broken in (False, True) if number % 3 == 0 else (True,):
                    made = await RoundOfTalk(talk, Point.MID_ANSWER, number, broken=broken).run()
                    found.rounds.append(made)
                    bad = made.shortfalls
                    fault = "the vendor died" if broken else "no fault"
                    tell(
                        f"{fault}: longest silence {made.heard_ms} ms"
                        + (f", not {', '.join(bad)}" if bad else "")
                    )
