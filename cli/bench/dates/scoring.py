"""What an answer to a phrase is worth: right, asked, wrong in silence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

from cli.bench.dates.table import Phrase

Verdict = Literal["right", "asked", "silently wrong"]
"""`asked`: a question, or no answer at all, where another was right; nothing wrong gets stored."""


@dataclass(frozen=True)
class Answer:
    """What a reader made of a phrase."""

    due: date | datetime | None = None
    """None is «no due»."""
    rule: str | None = None
    asked: bool = False
    """A question, or that nothing was understood."""
    candidates: tuple[date | datetime | None, ...] = ()

    def __str__(self) -> str:
        if self.asked:
            return f"asks {[_iso(each) for each in self.candidates]}"
        return f"{_iso(self.due)}{f'; {self.rule}' if self.rule else ''}"


def verdict(phrase: Phrase, answer: Answer) -> Verdict:
    """Hold an answer against the table. A lost repetition is wrong, and so is a wrong rule."""
    if answer.asked:
        offered = tuple(_iso(each) for each in answer.candidates)
        right = phrase.asks and phrase.candidates in (None, offered)
        return "right" if right else "asked"
    if phrase.asks:
        return "silently wrong"
    right = _same(phrase, answer.due) and answer.rule == phrase.rule
    return "right" if right else "silently wrong"


def _same(phrase: Phrase, due: date | datetime | None) -> bool:
    if phrase.due in ("none", "title", None):
        return due is None
    if due is None or _iso(due) != phrase.due[:19]:
        return False
    if len(phrase.due) <= 19:
        return True
    moment = datetime.fromisoformat(phrase.due).astimezone(UTC)
    return isinstance(due, datetime) and due.astimezone(UTC) == moment


def _iso(due: date | datetime | None) -> str:
    if isinstance(due, datetime):
        return due.replace(tzinfo=None).isoformat(timespec="seconds")
    return "none" if due is None else due.isoformat()
