"""`bench screen --voice`: whether a shared screen makes the voice slower: one call twice, without and with one beside it.

Both are held by the product's own session, tools and sight in one process, as a worker has them, and not faster than
real time: what one computes, the other waits for.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from cli.bench.rehearsing import Event, rehearsed_calls
from cli.bench.report import Report
from cli.bench.screen import PLENTY, pages
from cli.caller.told_sound import told_sound

SLOWER_SHARE: Final = 0.05
SLOWER_MS: Final = 20
"""How much slower the voice may be: the one or the other, whichever is more."""
STACK: Final = "economy"
TURN_SECONDS: Final = 6.0
RENEW_SECONDS: Final = 20
WORDS: Final = ("What is on my list today?", "Add a task to buy oat milk.", "How are you today?")


async def run(minutes: int) -> Report:
    """Hold a call of so many minutes without a shared screen, then with one. Raises RehearsalError."""
    report = Report("screen beside voice")
    events = await _events(minutes)
    without, with_one = (_first_sounds(events, call) for call in ("without", "with"))
    least = int(60 * minutes / TURN_SECONDS) // 2
    report.at_least("turns answered without a screen", least, len(without), "", len(without))
    report.at_least("turns answered with a screen", least, len(with_one), "", len(with_one))
    renewals = next((event["renewals"] for event in events if "renewals" in event), 0)
    report.at_least("connections renewed meanwhile", 2 * minutes, renewals, "", minutes)
    bare = _p95(without)
    allowed = round(bare + max(SLOWER_SHARE * bare, SLOWER_MS))
    report.at_most(
        "last word to first sound with a screen, p95", allowed, _p95(with_one), "ms", len(with_one)
    )
    report.details.append(
        {"sandbox": True, "p95_without_ms": bare, "without_ms": without, "with_ms": with_one}
    )
    return report


def _first_sounds(events: Sequence[Event], call: str) -> list[int]:
    return [
        event["first_sound_ms"] for event in events if event.get("call") == call and "first_sound_ms" in event
    ]


def _p95(milliseconds: Sequence[int]) -> int:
    """The value that 95 % do not exceed; 0 of none."""
    if not milliseconds:
        return 0
    return sorted(milliseconds)[-(-95 * len(milliseconds) // 100) - 1]


async def _events(minutes: int) -> list[Event]:
    with tempfile.TemporaryDirectory(prefix="voicetasks-screen-") as name:
        folder = Path(name)
        sounds = []
        for number, words in enumerate(WORDS):
            path = folder / f"turn{number}.pcm"
            told_sound(words).tofile(path)
            sounds.append({"words": words, "sound": str(path)})
        seconds = 60 * minutes
        talk = {
            "stack": STACK,
            "seconds": seconds,
            "turn_seconds": TURN_SECONDS,
            "pause_seconds": 1.0,
            "turns": [sounds[number % len(sounds)] for number in range(int(seconds / TURN_SECONDS))],
        }

        def calls(control: str) -> list[Mapping[str, Any]]:
            sharing = {
                "pages": pages(folder),
                # It tells its end before the call is over.
                "seconds": seconds - 5,
                "page_seconds": 12,
                "renew_every_seconds": RENEW_SECONDS,
                "cap_microdollars": PLENTY,
                "control_url": control,
                "speed": 1,
            }
            both = {"told_url": control, **talk}
            return [{**both, "call_id": "without"}, {**both, "call_id": "with", "sharing": sharing}]

        return [event async for event in rehearsed_calls(calls, folder, speed=1.0)]
