"""What the caller says, and in which order: the same for every system that is measured."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import cycle
from pathlib import Path
from typing import Final

import yaml

KINDS: Final = ("short", "long", "spelled", "correction")
BREATH: Final = "…"
BREATH_SECONDS: Final = (0.4, 1.2)
WITH_BREATH: Final = 3
"""Every third turn holds its breath."""
OVER_OURS: Final = 5
"""Every fifth turn is spoken into the answer before it, and into every fifth answer goes a «mhm»."""


class Manner(StrEnum):
    """How a turn meets what is said before it."""

    AFTER = "after"
    """It waits until the answer is over."""
    OVER = "over"
    """It interrupts the answer."""
    MHM = "mhm"
    """It is none: the answer shall go on."""


@dataclass(frozen=True)
class Wanted:
    """One turn to be spoken."""

    kind: str
    pieces: tuple[str, ...]
    """Words between breaths."""
    breath: float = 0.0
    """How long the breaths are, seconds."""
    manner: Manner = Manner.AFTER

    @property
    def words(self) -> str:
        """All of it, without breaths."""
        return " ".join(self.pieces)

    @property
    def told(self) -> str:
        """The words as an ear that is told them takes them: pause by pause."""
        return f" {BREATH} ".join(self.pieces)


def phrases() -> dict[str, list[str]]:
    """The phrases of each kind."""
    text = Path(__file__).with_name("turns.yaml").read_text(encoding="utf-8")
    found: dict[str, list[str]] = yaml.safe_load(text)
    return found


def plan(count: int, seed: int = 1) -> list[Wanted]:
    """So many turns, all kinds in turn, a third with a breath inside; and a «mhm» more for every fifth."""
    draw = random.Random(seed)  # noqa: S311 - an order, not a secret
    known = phrases()
    shuffled = {kind: draw.sample(known[kind], len(known[kind])) for kind in KINDS}
    endless = {kind: cycle(found) for kind, found in shuffled.items()}
    breathing = {kind: cycle([text for text in found if BREATH in text]) for kind, found in shuffled.items()}
    murmurs = cycle(known["backchannel"])
    planned: list[Wanted] = []
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        holds = number % WITH_BREATH == WITH_BREATH - 1
        text = next(breathing[kind] if holds else endless[kind])
        pieces = tuple(piece.strip() for piece in text.split(BREATH))
        over = number % OVER_OURS == OVER_OURS - 1
        planned.append(
            Wanted(
                kind,
                pieces if holds else (" ".join(pieces),),
                draw.uniform(*BREATH_SECONDS) if holds else 0.0,
                Manner.OVER if over else Manner.AFTER,
            )
        )
        if number % OVER_OURS == 1:
            planned.append(Wanted("backchannel", (next(murmurs),), manner=Manner.MHM))
    return planned


def split(planned: Sequence[Wanted], size: int) -> list[Sequence[Wanted]]:
    """The plan in calls of so many turns at most."""
    return [planned[first : first + size] for first in range(0, len(planned), size)]
