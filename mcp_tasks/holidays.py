"""Holidays that are the same everywhere they are kept; Thanksgiving, for one, is not."""

from datetime import date, timedelta
from typing import Final

from dateutil.easter import easter

_FIXED: Final = {
    "christmas": (12, 25),
    "christmas day": (12, 25),
    "christmas eve": (12, 24),
    "boxing day": (12, 26),
    "new years eve": (12, 31),
    "new years day": (1, 1),
    "new year": (1, 1),
    "new years": (1, 1),
    "valentines day": (2, 14),
    "halloween": (10, 31),
}
_FROM_EASTER: Final = {"good friday": -2, "easter": 0, "easter sunday": 0, "easter monday": 1}
"""Days from Easter Sunday of the western churches."""


def fixed_holiday(name: str) -> tuple[int, int] | None:
    """Month and day of a holiday that is on the same day every year."""
    return _FIXED.get(name)


def easter_holiday(name: str, today: date) -> date | None:
    """The coming day of a holiday that moves with Easter."""
    if name not in _FROM_EASTER:
        return None
    days = (easter(year) + timedelta(days=_FROM_EASTER[name]) for year in (today.year, today.year + 1))
    return next(day for day in days if day >= today)
