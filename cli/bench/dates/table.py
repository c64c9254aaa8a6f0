"""The table of phrases: what people say about when, with answers worked out by hand (phrases/README.md)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

import yaml

HELD_OUT = "held_out"
Kind = Literal["right", "ask", "repeats", "titles"]


@dataclass(frozen=True)
class Phrase:
    """One phrase and its answer."""

    table: str
    kind: Kind
    words: str
    now: datetime
    """Aware, in the speaker's zone."""
    due: str | None
    """ISO, with an offset where a wall clock time comes twice; None where there must be a question, or no due."""
    candidates: tuple[str, ...] | None = None
    """What a question must offer; None where any question will do."""
    rule: str | None = None
    title: str = ""
    before: date | datetime | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The speaker's zone."""
        return cast("ZoneInfo", self.now.tzinfo)

    @property
    def asks(self) -> bool:
        """Whether the right answer is a question."""
        return self.candidates is not None or (self.kind == "titles" and self.due == "ask")

    @property
    def held_out(self) -> bool:
        """Whether the grammar was left alone after this was written."""
        return self.table == HELD_OUT

    @property
    def name(self) -> str:
        """For people: the words, and where and when they were said."""
        title = f"{self.title} | " if self.title else ""
        before = f", before {self.before.isoformat()}" if self.before else ""
        return f"{title}{self.words} ({self.now:%a %Y-%m-%d %H:%M} {self.zone.key}{before})"


def phrases() -> list[Phrase]:
    """Every phrase of every table."""
    folder = files("cli.bench.dates") / "phrases"
    tables = sorted(
        (each for each in folder.iterdir() if each.name.endswith(".yaml")), key=lambda each: each.name
    )
    # BaseLoader: everything stays the text that was written.
    return [
        phrase
        for table in tables
        for group in yaml.load(table.read_text("utf-8"), yaml.BaseLoader)  # noqa: S506
        for phrase in _group(table.name.removesuffix(".yaml"), group)
    ]


def _group(table: str, group: dict[str, Any]) -> Iterator[Phrase]:
    zone = ZoneInfo(group["zone"])
    now = datetime.fromisoformat(group["now"])
    now = now.astimezone(zone) if now.tzinfo else now.replace(tzinfo=zone)
    before = _due(group["before"], zone) if "before" in group else None

    def phrase(kind: Kind, words: str, due: str | None, **more: Any) -> Phrase:
        return Phrase(table, kind, words, now, due, before=before, **more)

    for words, due in group.get("right", {}).items():
        yield phrase("right", words, due)
    for words, candidates in group.get("ask", {}).items():
        yield phrase("ask", words, None, candidates=tuple(candidates))
    for words, both in group.get("repeats", {}).items():
        due, rule = both.split("; ")
        yield phrase("repeats", words, due, rule=rule)
    for both, due in group.get("titles", {}).items():
        title, words = (each.strip() for each in both.split("|"))
        yield phrase("titles", words, due, title=title)


def _due(text: str, zone: ZoneInfo) -> date | datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone) if "T" in text else date.fromisoformat(text)
