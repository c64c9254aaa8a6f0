"""What is kept of a task beside what people said, so that indexes find it. Made anew with every change."""

import secrets
import time
from typing import Final

from mcp_tasks.models import TaskRow
from mcp_tasks.spoken_form import sound, spoken_form

NO_DUE: Final = "none"
"""Sorts behind every date, whatever the database's collation."""
_RANDOM_BITS = 11


def derive(row: TaskRow) -> None:
    """Set the columns that are made from the others."""
    row.due_key = row.due or NO_DUE
    row.list_key = list_key(row.list_name)
    row.title_key = spoken_form(row.title)
    row.search_text = search_text(row.title, row.notes, row.list_name, row.tags)
    words = spoken_form(row.search_text).split()
    row.words = spaced(words)
    row.sounds = spaced([sound(word) for word in words])


def search_text(title: str, notes: str, list_name: str, tags: list[str]) -> str:
    """Fold case so that a search finds «Émile» by «émile» on every database; each tag stands on a line of its own."""
    return "\n".join([title, notes, list_name, *(f"#{tag}" for tag in tags), ""]).casefold()


def list_key(name: str) -> str | None:
    """A list's name as it sounds, so that «grocery's» is «groceries»; None for no list."""
    return (spoken_form(name) or name.casefold())[:100] if name else None


def spaced(words: list[str]) -> str:
    """Words with a blank before and behind each, each once: what begins a word is found by a blank and its letters."""
    return f" {' '.join(dict.fromkeys(words))} " if words else ""


def fresh_number() -> int:
    """A positive 63-bit number that grows with time, so that an index grows at its end; never used twice."""
    return time.time_ns() // 1000 << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
