"""What dateparser makes of words that our grammar lacks: full written dates are taken, the rest is only offered."""

import re
from datetime import UTC, date, datetime, timedelta

import dateparser

from mcp_tasks.date_reading import Day
from mcp_tasks.date_vocabulary import MONTHS, WEEKDAYS

_FURTHEST = timedelta(days=730)


def written_day(text: str) -> Day | None:
    """A full written date in an order that our grammar lacks: day, month by name and year are all there."""
    if len(re.findall(r"\d+", text)) != 2 or not re.search(r"\b20\d\d\b", text):
        return None
    if len(re.findall("|".join(MONTHS), text)) != 1 or re.search("|".join(WEEKDAYS), text):
        return None
    day = _by_library(text, datetime.now(UTC), ["day", "month", "year"])
    return Day(day, said_past=True) if day is not None else None


def guess(text: str, local: datetime) -> date | None:
    """A day of the next two years that the words may mean; only good enough for a question."""
    day = _by_library(text, local, ["day", "month"])
    return day if day is not None and local.date() <= day <= local.date() + _FURTHEST else None


def _by_library(text: str, base: datetime, parts: list[str]) -> date | None:
    settings = {
        "PREFER_DATES_FROM": "future",
        "RELATIVE_BASE": base.replace(tzinfo=None),
        "STRICT_PARSING": True,
        "REQUIRE_PARTS": parts,
    }
    found: datetime | None = dateparser.parse(text, languages=["en"], settings=settings)
    return found.date() if found is not None else None
