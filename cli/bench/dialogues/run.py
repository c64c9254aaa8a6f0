"""`bench dialogues`: hold every dialogue with the product's own calls, several at a time, and judge what is left."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from cli.bench.dialogues.dialogue import Dialogue, Entry, dialogues, kinds, zone_in_the_forenoon
from cli.bench.dialogues.judging import Heard, Verdict, judge
from cli.bench.rehearsing import Event, rehearsed_calls
from cli.bench.report import Report
from cli.caller.told_sound import told_sound

LEAST_DIALOGUES: Final = 60
LEAST_RIGHT_PERCENT: Final = 95.0
"""57 of 60."""
AT_ONCE: Final = 6
"""Calls in one event loop. Twelve were more than it could serve in time on a slow machine, and answers were judged that came
too late."""
SPEED: Final = 4.0
"""How many times faster than the wall's clock the calls wait: about as fast as two processors can work."""
_PATIENCE: Final = 20.0
"""No vendor fails here, however slow a busy machine makes it on the calls' fast clock."""
_CALL_SECONDS: Final = 900.0
_ANSWER_SECONDS: Final = 120.0
"""On the calls' fast clock: however busy the machine is, the caller waits for an answer."""

Progress = Callable[[Heard, Verdict], None]


async def run(tier: str, only: str, one_in: int, first: int, progress: Progress) -> Report:
    """Hold them in one tier: of those whose id has the words `only`, a `sample`. Raises RehearsalError."""
    zone = zone_in_the_forenoon(datetime.now(UTC))
    today = datetime.now(zone).date()
    chosen = sample([each for each in dialogues(today) if only in each.id], one_in, first)
    verdicts: list[Verdict] = []
    with tempfile.TemporaryDirectory(prefix="voicetasks-dialogues-") as folder:
        async for heard in _held(chosen, tier, zone.key, today, Path(folder)):
            verdict = judge(heard, today)
            progress(heard, verdict)
            verdicts.append(verdict)
    report = Report("dialogues")
    held = [each for each in verdicts if each.dialogue.held_out]
    report.details = [
        {
            "tier": tier,
            "sandbox": True,
            "by_kind": _by_kind(verdicts),
            "held_out": {"right": sum(each.right for each in held), "of": len(held)},
        }
    ]
    score(report, verdicts, LEAST_DIALOGUES // one_in)
    return report


def sample(of: Sequence[Dialogue], one_in: int, first: int) -> Sequence[Dialogue]:
    """Every so-manieth of each kind, from the first, second, … on."""
    return sorted(of, key=lambda each: each.kind)[(first - 1) % one_in :: one_in]


def score(report: Report, verdicts: Sequence[Verdict], least: int = LEAST_DIALOGUES) -> None:
    """The promises: how many were held and are right, and that none did harm."""
    count = len(verdicts)
    report.at_least("dialogues", least, count, "dialogues", count)
    report.at_least("right in the end", LEAST_RIGHT_PERCENT, _right(verdicts), "percent", count)
    harmed = sum(bool(each.harm) for each in verdicts)
    report.at_most("with a wrong deletion or completion", 0, harmed, "dialogues", count)


def _right(verdicts: Sequence[Verdict]) -> float:
    right = sum(each.right for each in verdicts)
    return round(100 * right / len(verdicts), 1) if verdicts else 0.0


def _by_kind(verdicts: Sequence[Verdict]) -> dict[str, dict[str, int]]:
    return {
        kind: {
            "right": sum(each.right for each in verdicts if each.dialogue.kind == kind),
            "of": sum(each.dialogue.kind == kind for each in verdicts),
        }
        for kind in kinds([each.dialogue for each in verdicts])
    }


async def _held(
    chosen: Sequence[Dialogue], tier: str, zone: str, today: date, folder: Path
) -> AsyncIterator[Heard]:
    """Each dialogue when its call is over, those of calls that broke off at the end."""
    sound = folder / "turn.pcm"
    told_sound("").tofile(sound)  # the shortest: what is said is told to the ear
    going_on = {f"dialogue-{number}": Heard(each) for number, each in enumerate(chosen)}

    def plans(control: str) -> list[Mapping[str, Any]]:
        common = {"stack": tier, "time_zone": zone, "seconds": _CALL_SECONDS, "hangs_up": True}
        common |= {
            "turn_seconds": 0,
            "pause_seconds": 0,
            "answer_seconds": _ANSWER_SECONDS,
            "patience": _PATIENCE,
            "told_url": control,
        }
        return [
            common
            | {
                "call_id": call,
                "tasks": [_made(task, today) for task in heard.dialogue.before],
                "turns": [{"words": turn.says, "sound": str(sound)} for turn in heard.dialogue.talk],
            }
            for call, heard in going_on.items()
        ]

    event: Event
    async for event in rehearsed_calls(plans, folder, speed=SPEED, at_once=AT_ONCE):
        if "call" not in event:
            continue
        heard = going_on[event["call"]]
        heard.events.append(event)
        if "ended" in event:
            yield going_on.pop(event["call"])
    for heard in going_on.values():
        yield heard


def _made(entry: Entry, today: date) -> dict[str, str]:
    """The arguments that make it."""
    return {
        "title": entry.title,
        "due": entry.due_on(today) or "",
        "due_words": entry.repeats,
        "notes": entry.notes,
        "priority": entry.priority,
        "list_name": entry.list_name,
    }
