"""Matching a sentence against the templates of data/sentences.yaml.

The matcher is hassil, Home Assistant's. It suits free speech once three things are done around it: hesitation and
politeness are cut off before (frame.py), dates are cut from what a wildcard took (due_phrase.py), and of the many
readings that wildcards allow the most literal is chosen. Measured: some milliseconds a sentence.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import yaml
from hassil import Intents, recognize_all

DATA = Path(__file__).parent / "data"
# hassil tries each place where a wildcard may end, so its work grows with the square of the length.
MAX_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a sentence: the template's name and what its slots took, in the caller's spelling."""

    name: str
    slots: dict[str, str]
    view: str | None
    loose: int
    """Characters that wildcards took: the fewer, the more literal the reading."""


@cache
def _templates() -> tuple[Intents, tuple[str, ...]]:
    data = yaml.safe_load((DATA / "sentences.yaml").read_text(encoding="utf-8"))
    return Intents.from_dict(data), tuple(data["intents"])


def _view(metadata: dict[str, object] | None) -> str | None:
    view = (metadata or {}).get("view")
    return view if isinstance(view, str) else None


@lru_cache(maxsize=4096)
def readings(sentence: str) -> tuple[Reading, ...]:
    """All readings of a sentence, the most literal first; none for one that is too long to be a request."""
    if len(sentence) > MAX_CHARACTERS:
        return ()
    templates, order = _templates()
    found: list[Reading] = []
    for result in recognize_all(sentence.replace("’", "'"), templates):
        slots = {name: str(entity.value).strip() for name, entity in result.entities.items()}
        slots = {name: value for name, value in slots.items() if value}
        loose = sum(len(value) for value in slots.values())
        found.append(Reading(result.intent.name, slots, _view(result.intent_metadata), loose))
    found.sort(key=lambda reading: (reading.loose, order.index(reading.name)))
    return tuple(found)


def best(sentence: str, fits: Callable[[Reading], bool]) -> Reading | None:
    """The most literal reading that `fits`, or None."""
    return next((reading for reading in readings(sentence) if fits(reading)), None)
