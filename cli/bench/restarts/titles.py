"""What a caller asks for: titles that are told apart by a word that comes once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Final

VERBS: Final = ("wash", "paint", "clean", "sell", "fix", "move", "check", "dust")
THINGS: Final = (
    *("car", "fence", "boat", "bike", "piano", "table", "lamp", "stove", "mirror", "carpet", "window"),
    *("garage", "roof", "door", "chair", "clock", "sofa", "oven", "shelf", "ladder", "tent", "kayak"),
    *("drum", "guitar", "printer", "camera", "fridge", "heater", "basket", "bench", "statue", "vase"),
)
SPOKEN: Final = 96
"""How many of them are spoken as they are; what comes after sounds like these, and its words are told to the ear."""


def sentence(title: str) -> str:
    """How it is asked for."""
    return f"Add a task to {title}."


def titles() -> Iterator[str]:
    """All of them, each once: 256, then with a number."""
    for round_number in count():
        for number in range(len(VERBS) * len(THINGS)):
            thing = THINGS[number % len(THINGS)]
            verb = VERBS[(number + number // len(THINGS)) % len(VERBS)]
            yield f"{verb} the {thing}" + (f" {round_number + 1}" if round_number else "")
