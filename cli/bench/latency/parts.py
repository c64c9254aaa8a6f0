"""Where a turn's time went: from the caller's last word to our first sound at their ear, part by part."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from cli.bench.latency.caller import Heard

Part = Literal["way", "hearing", "waiting", "thinking", "speaking", "own"]
PARTS: Final[tuple[Part, ...]] = ("way", "hearing", "waiting", "thinking", "speaking", "own")
"""`way`: to us and back, as the echo measures it. `hearing`: until the words were there that it was begun on. `waiting`: for the
end of the turn, when nothing else was waited for. `thinking`: asked to first words. `speaking`: to the first sound,
the first sentence's other words included. `own`: what is left, ours."""

HEARD: Final = ("early", "words")
"""What an answer is begun on."""

LATE_SECONDS: Final = 0.3
"""How long before the last word a turn may be decided to be over and still be that turn's."""


def read_marks(log: Path, since: int = 0) -> Iterator[tuple[str, dict[str, float]]]:
    """The call and the moments of each turn that the worker has told, from some byte of its log on."""
    with log.open(encoding="utf-8", errors="replace") as lines:
        lines.seek(since)
        for line in lines:
            if '"turn.timed"' in line:
                told: dict[str, Any] = json.loads(line)
                if told["event"] == "turn.timed":
                    yield told["call_id"], told["marks"]


def place(turns: Sequence[Heard], marks: Sequence[dict[str, float]]) -> None:
    """Give each turn the moments of the answer that was heard: the last ones told before it sounded."""
    for turn in turns:
        if turn.heard_at is None:
            continue
        fitting = [
            each
            for each in marks
            if each["playing"] <= turn.heard_at and each["ended"] >= turn.ended_at - LATE_SECONDS
        ]
        if fitting:
            turn.marks = fitting[-1]


def parts_of(turn: Heard, way_ms: float) -> dict[Part, float] | None:
    """Milliseconds of each part; together they are the answer's time. None where the agent told no moments."""
    marks = turn.marks
    if not marks or turn.heard_at is None:
        return None
    # The caller's last word is here half the way later, and our frame is there half the way later.
    cursor = turn.ended_at + way_ms / 2000
    found: dict[Part, float] = dict.fromkeys(PARTS, 0.0)

    def until(moment: float, part: Part) -> None:
        nonlocal cursor
        if moment > cursor:
            found[part] += 1000 * (moment - cursor)
            cursor = moment

    ended, playing = marks["ended"], marks["playing"]
    asked, thought, sound = marks.get("asked"), marks.get("thought"), marks.get("sound")
    if asked is None or thought is None:  # one model hears, thinks and speaks
        until(ended, "waiting")
        until(sound if sound is not None else playing, "thinking")
    else:
        until(
            max((marks[each] for each in HEARD if each in marks and marks[each] <= asked), default=0),
            "hearing",
        )
        if asked >= ended:
            until(ended, "waiting")
        until(asked, "own")
        until(thought, "thinking")
        until(sound if sound is not None else thought, "speaking")
        until(ended, "waiting")
    until(playing, "own")
    rest = 1000 * (turn.heard_at - cursor)
    found["way"] = min(way_ms, max(0.0, rest) + way_ms / 2)
    found["own"] += (turn.answer_ms or 0) - sum(found.values())
    return found
