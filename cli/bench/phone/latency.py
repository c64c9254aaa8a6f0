"""Part `latency`: last word to first sound at the telephone's ear, and what of it the bridge takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

from cli.bench.latency.caller import Caller, Heard
from cli.bench.latency.doors import Channel, Rooms, System
from cli.bench.latency.judge import p50, p95
from cli.bench.latency.parts import place, read_marks
from cli.bench.latency.run import ECHOED, TURNS_A_CALL, split_spoken
from cli.bench.latency.speech import Spoken, speak
from cli.bench.latency.turns import Manner, plan
from cli.bench.phone.echo_line import NUMBER, echo_line
from cli.bench.phone.office import Office
from cli.bench.quiet_room import quiet_line
from cli.bench.report import Report
from cli.caller.voices import CachedVoice, Quality

P95_MS: Final = 800
TIERS: Final = ("economy", "premium")
PROFILE: Final = "seed"
USUAL_PROFILE: Final = "instant"


@dataclass
class Latency:
    """What was measured of it."""

    by_bridge_ms: list[int] = field(default_factory=list)
    """Echoes through the bridge, from onset to onset."""
    by_room_ms: list[int] = field(default_factory=list)
    """Echoes in a room without it."""
    turns: dict[str, list[Heard]] = field(default_factory=dict)
    """By tier; those that want an answer."""

    @property
    def bridge_ms(self) -> float:
        """What the bridge adds, there and back: the medians' difference."""
        if not self.by_bridge_ms or not self.by_room_ms:
            return 0.0
        return max(0.0, median(self.by_bridge_ms) - median(self.by_room_ms))

    def judge(self, report: Report) -> None:
        """Hold each tier to the promise. Without an echo nothing can be taken off."""
        if self.turns and not (self.by_bridge_ms and self.by_room_ms):
            report.at_most("latency: echoes that were not heard", 0, 1, "doors", 0)
        for tier, turns in self.turns.items():
            answers = [t.answer_ms for t in turns if t.answer_ms is not None and not t.cut_off]
            missed = sum(turn.answer_ms is None and not turn.cut_off for turn in turns)
            report.at_most(f"latency: {tier}, turns without an answer", 0, missed, "turns", len(turns))
            if answers:
                beyond = round(p95(answers) - self.bridge_ms)
                line = f"latency: {tier}, last word to first sound beyond the bridge's share, p95"
                report.at_most(line, P95_MS, beyond, "ms", len(answers))

    def as_json(self) -> dict[str, Any]:
        """What lies behind it."""
        return {
            "echo_by_bridge_ms": self.by_bridge_ms,
            "echo_by_room_ms": self.by_room_ms,
            "bridge_ms": self.bridge_ms,
            "turns": {tier: [turn.as_json() for turn in turns] for tier, turns in self.turns.items()},
        }


async def measure(
    office: Office, found: Latency, count: int, folder: Path, tell: Callable[[str], None]
) -> None:
    """Speak so many turns, half of them in each tier, with the plan's own latencies. Raises CallError."""
    # The last word ends where the line still carries it: of an «s» at its end nothing comes through.
    voice = CachedVoice(office.world.voice, Quality.PHONE)
    spoken = [await speak(voice, wanted) for wanted in plan(-(-count // len(TIERS)))]
    await _echoes(office, found, spoken, folder, tell)
    log = office.world.log_dir / "worker.log"
    await office.serve_as(PROFILE)
    try:
        for tier in TIERS:
            heard = found.turns.setdefault(tier, [])
            for some in split_spoken(spoken, TURNS_A_CALL):
                since = log.stat().st_size
                caller = Caller(office.line(tier), office.world.control_url, voice, greets=True)
                turns = await caller.call(some)
                place(turns, [marks for _, marks in read_marks(log, since)])
                heard += [turn for turn in turns if turn.manner != Manner.MHM]
                answers = [turn.answer_ms for turn in heard if turn.answer_ms is not None]
                tell(f"{tier}: {len(heard)} turns, median {p50(answers):.0f} ms, p95 {p95(answers):.0f} ms")
    finally:
        await office.serve_as(USUAL_PROFILE)


async def _echoes(
    office: Office, found: Latency, spoken: Sequence[Spoken], folder: Path, tell: Callable[[str], None]
) -> None:
    plain = [each for each in spoken if each.wanted.manner is Manner.AFTER and not each.wanted.breath]
    control, voice = office.world.control_url, office.world.voice
    async with echo_line(folder):
        line = office.line("economy", called=NUMBER, pin="")
        heard = await Caller(line, control, voice, greets=False, answers=False).call(plain[:ECHOED])
        found.by_bridge_ms += [turn.answer_ms for turn in heard if turn.answer_ms is not None]
    environment = dict(office.way("economy").environment)
    rooms = Rooms(office.world.url, environment, folder, lambda: folder)
    async with rooms.ticket(System.ECHO, Channel.BROWSER) as ticket:
        direct = quiet_line(ticket)
        heard = await Caller(direct, control, voice, greets=False, answers=False).call(plain[:ECHOED])
        found.by_room_ms += [turn.answer_ms for turn in heard if turn.answer_ms is not None]
    tell(
        f"echo by the bridge: median {p50(found.by_bridge_ms):.0f} ms, in a room {p50(found.by_room_ms):.0f} ms, "
        f"so that the bridge adds {found.bridge_ms:.0f} ms"
    )
