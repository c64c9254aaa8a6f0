"""Which vendor of which stack fails how, and at which point of a turn: the calls of a run, in their order."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tiers.catalogue import STACKS


class Point(StrEnum):
    """Where in a turn the vendor fails."""

    CALLER_SPEAKING = "caller-speaking"
    END_OF_TURN = "end-of-turn"
    TOOL_RUNNING = "tool-running"
    WE_SPEAKING = "we-speaking"
    CONFIRMATION = "confirmation-pending"


LADDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "premium": ("premium", "economy", "budget", "local", "text"),
    "economy": ("economy", "budget", "local", "text"),
    "budget": ("budget", "local", "text"),
    "gemini": ("gemini", "economy", "budget", "local", "text"),
    "quality": ("quality", "economy", "budget", "local", "text"),
    "local": ("local", "budget", "text"),
}
"""Each stack that a call begins with, and what is under it."""


AT_THE_DOOR: Final = frozenset({"refuse", "accept-then-close", "unauthorized"})
"""Kinds that only newcomers meet."""


@dataclass(frozen=True)
class Cell:
    """One kind of call."""

    stack: str
    service: str
    kind: str
    point: Point

    def __str__(self) -> str:
        return f"{self.stack}/{self.service}/{self.kind}/{self.point}"


@dataclass(frozen=True)
class Planned:
    """One call of a run."""

    number: int
    cell: Cell
    heals: bool
    """The vendor is well again after the turn in which it failed; else it stays as it is to the call's end."""
    agrees: bool
    """The caller says yes to the question, where there is one."""


def cells(kinds: Mapping[str, Sequence[str]], only: Sequence[str] = ()) -> list[Cell]:
    """All there are; with `only`, those whose name holds all words of one entry, with spaces between them.

    `kinds`: the faults of each service, as the sandbox lists them. What runs in the worker itself has none.
    """
    found = [
        Cell(stack, service, kind, point)
        for stack in LADDERS
        for service in STACKS[stack].services
        for kind in kinds.get(service, ())
        for point in Point
    ]
    wanted = [entry.split() for entry in only]
    return [cell for cell in found if not wanted or any(_has(cell, words) for words in wanted)]


def planned(found: Sequence[Cell], calls: int, seed: int) -> list[Planned]:
    """So many calls. Premium and the cascades take turns, and each takes its services in turn, so that the beginning
    of a run covers much. The same arguments give the same calls; a longer run begins with the shorter one.
    """
    dice = random.Random(seed)  # noqa: S311 - an order, not a secret
    premium = _spread([cell for cell in found if cell.stack == "premium"], dice.randrange(2**32))
    others = _spread([cell for cell in found if cell.stack != "premium"], dice.randrange(2**32))
    lanes = [lane for lane in (premium, others) if lane is not None]
    if not lanes:
        return []
    return [
        Planned(number, next(lanes[number % len(lanes)]), dice.random() < 0.5, dice.random() < 0.5)
        for number in range(calls)
    ]


def _has(cell: Cell, words: Sequence[str]) -> bool:
    parts = str(cell).split("/")
    return all(word in parts for word in words)


def _spread(found: Sequence[Cell], seed: int) -> Iterator[Cell] | None:
    return _for_ever(found, random.Random(seed)) if found else None  # noqa: S311


def _for_ever(found: Sequence[Cell], dice: random.Random) -> Iterator[Cell]:
    while True:
        groups: defaultdict[tuple[str, str], list[Cell]] = defaultdict(list)
        for cell in found:
            groups[cell.stack, cell.service].append(cell)
        for group in groups.values():
            dice.shuffle(group)
        order = list(groups.values())
        dice.shuffle(order)
        while order:
            for group in order:
                yield group.pop()
            order = [group for group in order if group]
